import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, symlink, rm } from 'node:fs/promises';
import { dirname, join, normalize, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { GlobalctlError } from '../base/index.ts';

function bad(archive: string, message: string): GlobalctlError {
  return new GlobalctlError('PACKAGE_UNREADABLE', { message: `${archive}: ${message}`, subject: archive });
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const magic = Buffer.alloc(2);
    await file.read(magic, 0, 2, 0);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/**
 * Unpacks a tar archive, plain or gzip, into `folder` as `tar -xf` does, keeping modes. Entries and links that lead out of
 * the folder are refused. Throws PACKAGE_UNREADABLE. `onEntry` hears every file.
 */
export async function unpackArchive(
  archive: string,
  folder: string,
  options: { readonly signal: AbortSignal; readonly onEntry?: (name: string, sizeBytes: number) => void },
): Promise<void> {
  const { extract } = await import('tar-stream');
  const root = resolve(folder);
  const inside = (name: string): string => {
    const target = resolve(root, normalize(name));
    if (relative(root, target).split(sep)[0] === '..') throw bad(archive, `the entry ${name} leads out of the folder`);
    return target;
  };
  await mkdir(root, { recursive: true });
  const unpacker = extract();
  const work = (async () => {
    for await (const entry of unpacker) {
      const { name, type, size = 0, mode = 0o644, linkname = '' } = entry.header;
      const target = inside(name);
      if (type === 'directory') {
        await mkdir(target, { recursive: true });
        entry.resume();
      } else if (type === 'file') {
        await mkdir(dirname(target), { recursive: true });
        const file = await open(target, 'w', mode & 0o777);
        await pipeline(entry, file.createWriteStream(), { signal: options.signal });
        await chmod(target, mode & 0o777);
        options.onEntry?.(name, size);
      } else if (type === 'symlink') {
        inside(join(dirname(name), linkname));
        await mkdir(dirname(target), { recursive: true });
        await rm(target, { force: true });
        await symlink(linkname, target);
        entry.resume();
      } else {
        throw bad(archive, `the entry ${name} is a ${String(type)}, which a package does not hold`);
      }
    }
  })();
  const source = createReadStream(archive, { highWaterMark: 1024 * 1024 });
  const streams = (await isGzip(archive)) ? [source, createGunzip(), unpacker] : [source, unpacker];
  try {
    await Promise.all([pipeline(streams, { signal: options.signal }), work]);
  } catch (error) {
    if (error instanceof GlobalctlError) throw error;
    if (options.signal.aborted)
      throw new GlobalctlError('CANCELLED', { message: 'interrupted while unpacking', cause: error });
    throw bad(archive, error instanceof Error ? error.message : String(error));
  }
}
