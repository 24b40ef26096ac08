import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { GlobalctlError, isMissing } from '../../base/index.ts';
import { compressionOf, decompress, FileSource, readTar, type ByteSource, type TarEntry } from '../archive/index.ts';
import { describeHead } from './describe-head.ts';
import { packageInvalid } from '../invalid.ts';

/** Throws FILE_UNREADABLE for a path that is not there. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): GlobalctlError {
  const reason = isMissing(error) ? 'no such file' : error instanceof Error ? error.message : String(error);
  return new GlobalctlError('FILE_UNREADABLE', { message: `${path}: ${reason}`, subject: path, cause: error });
}

/**
 * The entries of a tar, plain, gzip or zstd. Nothing is written to disk. Throws FILE_UNREADABLE, or PACKAGE_INVALID for what
 * is no such archive, is damaged, or holds what has no place in a package.
 */
export async function* archiveEntries(path: string): AsyncGenerator<TarEntry, void, void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  let source: ByteSource | undefined;
  try {
    source = decompress(...(await sourceOf(file, path)));
    yield* readTar(source, path);
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? unreadable(path, error) : error;
  } finally {
    await source?.close?.();
    await file.close();
  }
}

async function sourceOf(file: FileHandle, path: string): Promise<Parameters<typeof decompress>> {
  const { size } = await file.stat();
  const head = Buffer.alloc(512);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const compression = compressionOf(head);
  if (compression === 'none' && !looksLikeTar(head))
    throw packageInvalid(path, 'is no package', {
      expected: 'a tar archive, plain, gzip or zstd, or the folder of an OCI image layout',
      found: describeHead(head.subarray(0, bytesRead)),
    });
  return [new FileSource(file, size), compression, path];
}

/** POSIX and GNU say so; the oldest form is known by its checksum, six octal digits. */
function looksLikeTar(head: Buffer): boolean {
  return head.toString('latin1', 257, 262) === 'ustar' || /^[ 0-7]{6}\0[ \0]$/.test(head.toString('latin1', 148, 156));
}

/** A small file of a layout in a folder; undefined when there is none. Throws PACKAGE_INVALID when it is longer than `most`. */
export async function readLayoutFile(folder: string, path: string, most: number): Promise<Buffer | undefined> {
  const full = join(folder, path);
  const info = await stat(full).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  if (info.size > most) throw packageInvalid(folder, `${path} is longer than ${String(most / 1024 / 1024)} MiB`);
  return readFile(full).catch((error: unknown) => {
    throw unreadable(full, error);
  });
}

/** Content of a file of a layout in a folder; undefined when there is no such regular file. */
export async function openLayoutFile(folder: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const full = join(folder, path);
  const info = await stat(full).catch(() => undefined);
  return info?.isFile() ? contentOf(full, info.size) : undefined;
}

async function* contentOf(path: string, sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const source = new FileSource(file, sizeBytes);
    for (let chunk = await source.next(); chunk; chunk = await source.next()) yield chunk;
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? unreadable(path, error) : error;
  } finally {
    await file.close();
  }
}
