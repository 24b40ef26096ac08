import { GlobalctlError, lockFolder } from '../base/index.ts';

/** One run at a time per state folder. Throws LOCK_HELD with the process that holds it. */
export async function acquireLock(stateFolder: string): Promise<AsyncDisposable> {
  const lock = await lockFolder(stateFolder);
  if (!('heldBy' in lock)) return lock;
  throw new GlobalctlError('LOCK_HELD', {
    message: `another run works on this installation${lock.heldBy === undefined ? '' : ` (process ${lock.heldBy})`}`,
    subject: stateFolder,
  });
}
