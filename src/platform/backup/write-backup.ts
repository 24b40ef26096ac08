import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { GlobalctlError, syncFolder } from '../../base/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import { tarOf } from '../../pack/index.ts';
import { MANIFEST, pathOf, type BackupEntry, type BackupManifest } from './manifest.ts';
import { objectsToBackUp } from './objects.ts';
import { sealingStream } from './seal.ts';

export interface WriteBackupOptions {
  readonly client: KubeClient;
  readonly path: string;
  /** Encrypts the archive; without it, it holds the Secrets in clear. */
  readonly passphrase?: string | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The mark at the end of a tar. */
const END_BYTES = 1024;

/**
 * Writes an archive (tar.gz, mode 0600) of everything that `objectsToBackUp` names, as one step: a file under another name first,
 * on disk before it gets its own. Memory holds a page of objects. Throws FILE_UNWRITABLE and what the client throws.
 */
export async function writeBackup(options: WriteBackupOptions): Promise<BackupManifest> {
  const { client, path, passphrase, nowMs, signal } = options;
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const objects: BackupEntry[] = [];
  const createdAt = new Date(nowMs).toISOString();
  const manifest: BackupManifest = { format: 'globalctl-backup/1', createdAt, server: client.server, objects };
  async function* archive(): AsyncGenerator<Buffer, void, void> {
    for await (const { resource, object } of objectsToBackUp(client, signal)) {
      const content = Buffer.from(`${JSON.stringify(object)}\n`);
      const entry = pathOf(resource, object);
      const sha256 = createHash('sha256').update(content).digest('hex');
      objects.push({ path: entry, sizeBytes: content.length, sha256, uid: object.metadata.uid ?? '' });
      yield await tarEntry(entry, content);
    }
    yield await tarEntry(MANIFEST, Buffer.from(`${JSON.stringify(manifest)}\n`));
    yield Buffer.alloc(END_BYTES);
  }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(
      archive,
      createGzip(),
      passphrase === undefined ? new PassThrough() : await sealingStream(passphrase),
      createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }),
      ...(signal ? [{ signal }] : []),
    );
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    // Where the folder is none, there is nothing to remove.
    await rm(temporary, { force: true }).catch(() => undefined);
    if (error instanceof GlobalctlError) throw error;
    throw new GlobalctlError(signal?.aborted ? 'CANCELLED' : 'FILE_UNWRITABLE', {
      message: `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
  return manifest;
}

/** An entry as it stands in the middle of a tar. */
async function tarEntry(path: string, content: Buffer): Promise<Buffer> {
  return (await tarOf([{ path, content, mode: 0o600 }])).subarray(0, -END_BYTES);
}
