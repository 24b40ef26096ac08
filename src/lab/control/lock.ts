import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isMissing } from '../../base/index.ts';

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * Takes the lock file for this process. Resolves with the way to release it, or with the process id of its living owner.
 * A lock whose owner is dead is taken over.
 */
export async function takeLock(path: string): Promise<(() => Promise<void>) | { readonly heldBy: number }> {
  for (;;) {
    if (await create(path)) return () => rm(path, { force: true });
    const owner = await ownerOf(path);
    if (owner !== undefined && isAlive(owner)) return { heldBy: owner };
    await removeStale(path);
  }
}

/** The process id of the lock's living owner; undefined when nobody holds it. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const owner = await ownerOf(path);
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

/** The file appears with its content, so that nobody reads an owner that is not written yet. */
async function create(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${String(process.pid)}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Moves the file aside before it goes: another process may have taken the lock over in between, and then gets it back. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const owner = await ownerOf(aside);
  if (owner !== undefined && isAlive(owner))
    await link(aside, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  await rm(aside, { force: true });
}

async function ownerOf(path: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(path, 'utf8')).trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
