import type { Writable } from 'node:stream';

/** Resolves when what was written has been taken, or never will be. For a sink that asked its writer to wait. */
export function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done).off('close', done);
      resolve();
    };
    sink.once('drain', done).once('close', done);
  });
}
