import { pack as createPack, type Pack } from 'tar-stream';

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
