import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { GlobalctlError, isMissing } from '../../base/index.ts';

/** A file of a package, in the order in which the package holds them. */
export interface PackageEntry {
  /** Path below the top of the layout, without a leading `./`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** To be read at most once, before the next entry is asked for; what is left unread is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

// Hashing and copying run at twice the rate with reads of this size as with Node's default of 64 KiB.
const READ_BYTES = 1024 * 1024;

function unreadable(path: string, error: unknown): GlobalctlError {
  if (error instanceof GlobalctlError) return error;
  if (isMissing(error))
    return new GlobalctlError('FILE_UNREADABLE', { message: `${path}: no such file`, subject: path });
  const reason = error instanceof Error ? error.message : String(error);
  return new GlobalctlError('PACKAGE_INVALID', {
    message: `${path}: the archive is damaged or cut short: ${reason}`,
    subject: path,
    cause: error,
  });
}

/**
 * The files of a package: a tar, plain or gzip, or a folder. Only regular files are told of; links and devices are passed over,
 * and nothing is written to disk. Throws FILE_UNREADABLE or PACKAGE_INVALID.
 */
export async function* packageEntries(path: string): AsyncGenerator<PackageEntry, void, void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
  if (isFolder) yield* folderEntries(path);
  else yield* tarEntries(path);
}

async function* folderEntries(folder: string): AsyncGenerator<PackageEntry, void, void> {
  const blobs = await readdir(join(folder, 'blobs', 'sha256')).catch(() => []);
  for (const path of ['oci-layout', 'index.json', ...blobs.sort().map((name) => `blobs/sha256/${name}`)]) {
    const info = await stat(join(folder, path)).catch(() => undefined);
    if (!info?.isFile()) continue;
    const content = createReadStream(join(folder, path), { highWaterMark: READ_BYTES });
    try {
      yield { path, sizeBytes: info.size, content };
    } finally {
      content.destroy();
    }
  }
}

async function* tarEntries(path: string): AsyncGenerator<PackageEntry, void, void> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const tar = extract();
  // Errors of any part end the iteration below, so they are not looked at twice.
  const ignore = (): void => undefined;
  if (await isGzip(path))
    pipeline(file, createGunzip({ chunkSize: READ_BYTES }), tar as unknown as Readable & NodeJS.WritableStream, ignore);
  else pipeline(file, tar as unknown as Readable & NodeJS.WritableStream, ignore);
  try {
    for await (const entry of tar) {
      const { name, type, size } = entry.header;
      const reader = (entry as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      if (type === 'file' || type === 'contiguous-file')
        yield {
          path: name.replace(/^(\.?\/)+/, ''),
          sizeBytes: size ?? 0,
          // Ending the entry's own iteration early would end the archive with it.
          content: {
            [Symbol.asyncIterator]: () => ({
              next: () =>
                reader.next().catch((error: unknown) => {
                  throw unreadable(path, error);
                }),
            }),
          },
        };
      while (!(await reader.next()).done);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file.destroy();
    tar.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(262), position: 0 });
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return true;
    if (bytesRead >= 262 && buffer.toString('latin1', 257, 262) === 'ustar') return false;
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${path} is not a package`,
      subject: path,
      expected: 'a tar archive, plain or gzip',
      found:
        bytesRead === 0
          ? 'an empty file'
          : `a file that begins with 0x${buffer.toString('hex', 0, Math.min(4, bytesRead))}`,
    });
  } finally {
    await file.close();
  }
}
