import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { GlobalctlError, readTextIfPresent, writeFileAtomic } from '../base/index.ts';

/**
 * One run at a time per state folder. The lock is a listening socket in Linux's abstract namespace: the kernel releases it
 * when the process ends, however it ends, so there is no stale lock to clean up. The file beside the journal only says who
 * holds it.
 */
export async function acquireLock(stateFolder: string): Promise<AsyncDisposable> {
  const folder = resolve(stateFolder);
  const name = `\0globalctl-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') fail(lockHeld(folder));
      else fail(error);
    });
    server.listen(name, () => done());
  }).catch(async (error: unknown) => {
    if (!(error instanceof LockHeldSignal)) throw error;
    const holder = (await readTextIfPresent(`${folder}/lock`))?.trim();
    throw new GlobalctlError('LOCK_HELD', {
      message: `another run works on this installation${holder === undefined ? '' : ` (process ${holder})`}`,
      subject: folder,
    });
  });
  server.unref();
  await writeFileAtomic(`${folder}/lock`, `${String(process.pid)}\n`);
  return {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
      }),
  };
}

class LockHeldSignal extends Error {}

function lockHeld(folder: string): LockHeldSignal {
  return new LockHeldSignal(folder);
}
