import type { ClientRequest } from 'node:http';

/** Content that is held, or that streams. */
export type RequestBody = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** A body goes out in pieces of this size, so that progress is told and a stall is told from a slow line. */
const PIECE_BYTES = 256 * 1024;

export function isHeld(body: RequestBody): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

/**
 * Writes the body of a request and ends it; tells `onSent` of each piece that the connection took. Stops where the peer has
 * answered or gone. A body that cannot be read breaks the request with its error; never rejects.
 */
export async function sendBody(
  request: ClientRequest,
  body: RequestBody | undefined,
  onSent: ((bytes: number) => void) | undefined,
): Promise<void> {
  let isOver = false;
  const over = (): void => void (isOver = true);
  request.once('response', over).once('close', over);
  try {
    for await (const part of body ?? [])
      for (let at = 0; at < part.length; at += PIECE_BYTES) {
        if (isOver) return;
        const piece = part.subarray(at, at + PIECE_BYTES);
        await written(request, piece);
        onSent?.(piece.length);
      }
    request.end();
  } catch (error) {
    request.destroy(error as Error);
  }
}

/** Resolves when the connection has taken the bytes, or never will. */
function written(request: ClientRequest, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('close', done);
      resolve();
    };
    request.once('close', done);
    request.write(bytes, done);
  });
}
