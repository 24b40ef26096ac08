import type { Sending } from '../registry/uploads.ts';

interface Outgoing {
  readonly parts: Sending['body'];
  /** Where the bytes begin and end in the blob. */
  readonly start: number;
  readonly end: number;
}

/**
 * Sends bytes and tells `onBytes` of them as they go out. When all is done it has been told of each once, however often they
 * were sent; after a failure of none.
 */
export async function sendCounted<T>(
  options: { readonly onBytes: (bytes: number) => void; readonly signal?: AbortSignal | undefined },
  { parts, start, end }: Outgoing,
  send: (sending: Sending) => Promise<T>,
): Promise<T> {
  const { onBytes, signal } = options;
  const sizeBytes = end - start;
  let sent = 0;
  const onSent = (bytes: number): void => {
    sent += bytes;
    onBytes(bytes);
  };
  try {
    const answer = await send({ body: parts, sizeBytes, onSent, signal });
    onBytes(sizeBytes - sent);
    return answer;
  } catch (error) {
    onBytes(-sent);
    throw error;
  }
}
