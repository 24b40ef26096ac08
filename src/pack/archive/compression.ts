import * as zlib from 'node:zlib';
import { packageInvalid } from '../invalid.ts';
import type { ByteSource } from './byte-reader.ts';
import { giveBack, READ_BYTES } from './read-buffers.ts';
import { decompressZstd } from './zstd.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** What the first bytes of content say of its compression. Four bytes are enough. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/**
 * Content that grows beyond this is looked at for how many times its size it has. Images come to a few times; gzip and zstd
 * reach 1000 and more only for content that stands for nothing.
 */
const UNSUSPICIOUS_BYTES = 256 * 1024 * 1024;
const GREATEST_RATIO = 250;

/**
 * What `source` decompresses to. Throws PACKAGE_INVALID for content that is damaged, cut short, or expands as nothing but a
 * decompression bomb does.
 */
export function decompress(source: ByteSource, compression: Compression, where: string): ByteSource {
  if (compression === 'none') return source;
  let read = 0;
  const counted: ByteSource = {
    next: async () => {
      const chunk = await source.next();
      read += chunk?.length ?? 0;
      return chunk;
    },
  };
  const content =
    compression === 'gzip'
      ? throughZlib(counted, zlib.createGunzip({ chunkSize: READ_BYTES }))
      : zstdOf(counted, where);
  let written = 0;
  return {
    next: async () => {
      const result = await content.next().catch((error: unknown) => {
        throw damaged(error, where);
      });
      if (result.done) return undefined;
      written += result.value.length;
      if (written > UNSUSPICIOUS_BYTES && written > read * GREATEST_RATIO)
        throw packageInvalid(where, 'it expands like a decompression bomb', {
          expected: `at most ${String(GREATEST_RATIO)} times its size`,
          found: `${String(written)} bytes out of ${String(read)}`,
        });
      return result.value;
    },
    close: async () => {
      await content.return().catch(() => undefined);
      await source.close?.();
    },
  };
}

function damaged(error: unknown, where: string): Error {
  if (error instanceof Error && 'syscall' in error) return error;
  if (error instanceof Error && error.name === 'GlobalctlError') return error;
  const reason = error instanceof Error ? error.message : String(error);
  return packageInvalid(where, `the archive is damaged or cut short: ${reason}`, { cause: error });
}

function zstdOf(source: ByteSource, where: string): AsyncGenerator<Uint8Array, void, void> {
  // Node.js 22.15 and newer bring it along; the types are those of Node.js 20.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => zlib.Gunzip };
  return createZstdDecompress
    ? throughZlib(source, createZstdDecompress({ chunkSize: READ_BYTES }))
    : decompressZstd(source, where);
}

async function* throughZlib(source: ByteSource, stream: zlib.Gunzip): AsyncGenerator<Uint8Array, void, void> {
  const feed = async (): Promise<void> => {
    for (let chunk = await source.next(); chunk && !stream.destroyed; chunk = await source.next())
      if (!stream.write(chunk, () => giveBack(chunk))) await roomIn(stream);
    stream.end();
  };
  const feeding = feed().catch((error: unknown) => void stream.destroy(error as Error));
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } finally {
    stream.destroy();
    // The source belongs to the caller again only when nobody reads from it any more.
    await feeding;
  }
}

/** Resolves when a stream takes more, or never will. */
function roomIn(stream: zlib.Gunzip): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    if (stream.destroyed) resolve();
    else stream.once('drain', done).once('close', done);
  });
}
