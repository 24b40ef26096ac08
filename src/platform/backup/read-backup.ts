import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { GlobalctlError } from '../../base/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { MANIFEST, parseManifest, type BackupManifest } from './manifest.ts';
import { isSealed, unsealingStream } from './seal.ts';

/** The longest header of a sealed file, with room. */
const HEADER_BYTES = 256;

export interface Backup {
  readonly manifest: BackupManifest;
  /** In the archive's order. */
  readonly objects: readonly KubeObject[];
}

/** Reads an archive and checks every object's sha256. Throws BACKUP_INVALID, BACKUP_SEALED, FILE_UNREADABLE. */
export async function readBackup(path: string, passphrase?: string): Promise<Backup> {
  const objects: KubeObject[] = [];
  const manifest = await readEntries(path, passphrase, (content) => objects.push(JSON.parse(content) as KubeObject));
  return { manifest, objects };
}

/** The same check without keeping anything. */
export async function verifyBackup(path: string, passphrase?: string): Promise<BackupManifest> {
  return await readEntries(path, passphrase, () => undefined);
}

async function readEntries(
  path: string,
  passphrase: string | undefined,
  onObject: (content: string) => void,
): Promise<BackupManifest> {
  const start = await readStart(path);
  const sealed = isSealed(start);
  if (sealed && passphrase === undefined)
    throw new GlobalctlError('BACKUP_SEALED', { message: `${path} is encrypted`, subject: path });
  const { headerBytes, stream } =
    sealed && passphrase !== undefined
      ? await unsealingStream(start, passphrase, path)
      : { headerBytes: 0, stream: new PassThrough() };
  const archive = extract();
  const reading = pipeline(createReadStream(path, { start: headerBytes }), stream, createGunzip(), archive);
  // Its error is the cause of what the loop sees, and is thrown in its place.
  reading.catch(() => undefined);
  const found: { path: string; sizeBytes: number; sha256: string }[] = [];
  let manifest: BackupManifest | undefined;
  try {
    for await (const entry of archive) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const content = Buffer.concat(chunks);
      const { name } = entry.header;
      if (name === MANIFEST) manifest = parseManifest(content.toString('utf8'));
      else {
        const sha256 = createHash('sha256').update(content).digest('hex');
        found.push({ path: name, sizeBytes: content.length, sha256 });
        onObject(content.toString('utf8'));
      }
    }
    await reading;
  } catch (error) {
    const cause: unknown = await reading.then(
      () => error,
      (first: unknown) => first,
    );
    if (cause instanceof GlobalctlError) throw cause;
    throw invalid(path, cause instanceof Error ? cause.message : String(cause));
  }
  if (manifest === undefined) throw invalid(path, 'it has no manifest: it was cut short, or is something else');
  const expected = new Map(manifest.objects.map((entry) => [entry.path, entry]));
  for (const { path: name, sha256 } of found) {
    if (expected.get(name)?.sha256 !== sha256) throw invalid(path, `${name} is not what the manifest says`);
    expected.delete(name);
  }
  const [missing] = expected.keys();
  if (missing !== undefined) throw invalid(path, `${missing} is missing`);
  return manifest;
}

async function readStart(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
}

function invalid(path: string, message: string): GlobalctlError {
  return new GlobalctlError('BACKUP_INVALID', { message: `${path}: ${message}`, subject: path });
}
