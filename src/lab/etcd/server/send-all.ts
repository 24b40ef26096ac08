import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** Sends everything and ends the stream, as fast as the client reads. Stops when the client has gone. */
export async function sendAll<Response>(
  stream: ServerWritableStream<unknown, Response>,
  responses: AsyncIterable<Response>,
): Promise<void> {
  const gone = new AbortController();
  stream.once('cancelled', () => gone.abort());
  stream.once('close', () => gone.abort());
  for await (const response of responses) {
    if (gone.signal.aborted) return;
    if (!stream.write(response)) await once(stream, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  if (!gone.signal.aborted) stream.end();
}
