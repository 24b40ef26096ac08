import type { Pack } from 'tar-stream';

/** A file to put into a tar: relative path with `/`, content, permission bits (default 0644). */
export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array | string;
  readonly mode?: number | undefined;
}

/** Every entry carries the same time, so that the same input gives the same bytes. */
const EPOCH = new Date(0);

/** Adds one file; resolves when the tar has taken it, so that a slow reader slows the writer down. */
export async function addTarFile(pack: Pack, file: TarFile): Promise<void> {
  const content = typeof file.content === 'string' ? Buffer.from(file.content, 'utf8') : Buffer.from(file.content);
  await new Promise<void>((resolve, reject) => {
    pack.entry(
      { name: file.path, mode: file.mode ?? 0o644, mtime: EPOCH, uid: 0, gid: 0, size: content.length },
      content,
      (error) => (error ? reject(error) : resolve()),
    );
  });
}

/** A whole tar in memory, files sorted by path. For small content. */
export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const { pack: createPack } = await import('tar-stream');
  const pack = createPack();
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of pack) chunks.push(chunk as Uint8Array);
  })();
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) await addTarFile(pack, file);
  pack.finalize();
  await reading;
  return Buffer.concat(chunks);
}

/** The largest size that eleven octal digits hold. */
const LARGEST_OCTAL = 8 ** 11 - 1;

/**
 * The header of a regular file in POSIX ustar form, without times and owners, as `addTarFile` writes it; for content that is
 * streamed. Sizes above 8 GiB are in GNU's base-256, which every tar reads. `path` has at most 100 bytes.
 */
export function tarHeader(path: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, 'utf8');
  header.write('0000644\x000000000\x000000000\0', 100, 'latin1');
  if (sizeBytes <= LARGEST_OCTAL) header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(sizeBytes), 128);
  }
  header.write('00000000000\0        0', 136, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What fills a file of a tar up to whole blocks. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((512 - (sizeBytes % 512)) % 512);
}

/** The mark at the end of a tar. */
export const TAR_END = Buffer.alloc(1024);
