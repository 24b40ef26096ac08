import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GlobalctlError } from './error.ts';

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/**
 * Replaces `path` by `content` as one step: a temporary file beside it, fsync, rename, fsync of the folder. Makes missing
 * folders. Throws FILE_UNWRITABLE. `mode` defaults to 0644; pass 0600 for anything that holds a secret.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await makeFolders(dirname(path));
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
}

/**
 * Makes a folder and those that are missing above it. Node's own recursive form tries for ever where a folder that exists
 * answers that a new one in it is missing, as /proc does. Throws what the system says.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    await makeFolders(parent);
    await makeFolder(path);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

/** Makes a rename or a new file in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The text of `path`, or undefined when there is no such file. Throws FILE_UNREADABLE for anything else. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
}

export async function pathExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
