import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { isMissing } from '../../base/index.ts';

/** A manifest as it was pushed: its bytes and the media type that the client named. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An upload under way: what has come so far, and its hash as it grows. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  readonly path: string;
  readonly hash: Hash;
  readonly file: FileHandle;
  sizeBytes: number;
  /** The request that is writing to it, while there is one; never rejects. */
  writing: Promise<void> | undefined;
}

/**
 * The content of a registry in a folder: blobs once for all repositories, and per repository which blobs it may see, its
 * manifests and its tags. Survives a restart; uploads under way do not.
 *
 *     blobs/sha256/<hex>              content
 *     repositories/<name>/_blobs/<hex>, _manifests/<hex> (media type), _tags/<tag> (digest)
 */
export class RegistryStore {
  readonly #folder: string;
  readonly #uploads = new Map<string, Upload>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folders; throws away what an earlier process left half uploaded. */
  async open(): Promise<void> {
    await rm(join(this.#folder, 'uploads'), { recursive: true, force: true });
    for (const name of ['uploads', 'blobs/sha256', 'repositories'])
      await mkdir(join(this.#folder, name), { recursive: true });
  }

  async close(): Promise<void> {
    for (const upload of [...this.#uploads.values()]) await this.abandon(upload);
  }

  /** Size of a blob that the repository may see, or undefined. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    if (!(await exists(this.#link(repository, '_blobs', hexOf(digest))))) return undefined;
    return sizeOf(this.#blob(digest));
  }

  /** The bytes from `start` to `end`, both included. */
  readBlob(digest: string, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(this.#blob(digest), { highWaterMark: 1024 * 1024, ...range });
  }

  /** Lets `repository` see a blob of `from`; false when there is none. */
  async mount(repository: string, digest: string, from: string): Promise<boolean> {
    if ((await this.blobSize(from, digest)) === undefined) return false;
    await this.#grant(repository, digest);
    return true;
  }

  /** Takes a blob from a repository's sight; the content stays, other repositories may see it. */
  async deleteBlob(repository: string, digest: string): Promise<boolean> {
    return removed(this.#link(repository, '_blobs', hexOf(digest)));
  }

  async startUpload(repository: string): Promise<Upload> {
    const id = randomUUID();
    const path = join(this.#folder, 'uploads', id);
    const file = await open(path, 'wx');
    const upload: Upload = { id, repository, path, hash: createHash('sha256'), file, sizeBytes: 0, writing: undefined };
    this.#uploads.set(id, upload);
    return upload;
  }

  findUpload(repository: string, id: string): Upload | undefined {
    const upload = this.#uploads.get(id);
    return upload?.repository === repository ? upload : undefined;
  }

  async append(upload: Upload, content: AsyncIterable<Uint8Array>): Promise<void> {
    const writing = (async () => {
      for await (const chunk of content) {
        upload.hash.update(chunk);
        await upload.file.write(chunk);
        upload.sizeBytes += chunk.length;
      }
    })();
    upload.writing = writing.then(
      () => (upload.writing = undefined),
      () => (upload.writing = undefined),
    );
    await writing;
  }

  /** Ends an upload; false, and everything thrown away, when the content is not what `digest` says. */
  async finish(upload: Upload, digest: string): Promise<boolean> {
    this.#uploads.delete(upload.id);
    await upload.file.close();
    if (`sha256:${upload.hash.digest('hex')}` !== digest) {
      await rm(upload.path, { force: true });
      return false;
    }
    await rename(upload.path, this.#blob(digest));
    await this.#grant(upload.repository, digest);
    return true;
  }

  async abandon(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await upload.file.close();
    await rm(upload.path, { force: true });
  }

  /** A manifest by tag or digest. */
  async findManifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const digest = reference.startsWith('sha256:') ? reference : await text(this.#link(repository, '_tags', reference));
    if (digest === undefined) return undefined;
    const mediaType = await text(this.#link(repository, '_manifests', hexOf(digest)));
    if (mediaType === undefined) return undefined;
    return { digest, mediaType, bytes: await readFile(this.#blob(digest)) };
  }

  async putManifest(repository: string, manifest: StoredManifest, tag: string | undefined): Promise<void> {
    await this.#write(this.#blob(manifest.digest), manifest.bytes);
    await this.#write(this.#link(repository, '_manifests', hexOf(manifest.digest)), manifest.mediaType);
    if (tag !== undefined) await this.#write(this.#link(repository, '_tags', tag), manifest.digest);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return removed(this.#link(repository, '_tags', tag));
  }

  /** Removes a manifest and the tags that stand for it. */
  async deleteManifest(repository: string, digest: string): Promise<boolean> {
    if (!(await removed(this.#link(repository, '_manifests', hexOf(digest))))) return false;
    for (const tag of (await this.tags(repository)) ?? [])
      if ((await text(this.#link(repository, '_tags', tag))) === digest) await this.deleteTag(repository, tag);
    return true;
  }

  /** Tags in order, or undefined when the repository holds nothing. */
  async tags(repository: string): Promise<string[] | undefined> {
    const folder = join(this.#folder, 'repositories', repository);
    if (!(await exists(join(folder, '_manifests'))) && !(await exists(join(folder, '_blobs')))) return undefined;
    return (await names(join(folder, '_tags'))).sort();
  }

  /** Repositories with a manifest, in order. */
  async repositories(): Promise<string[]> {
    const result: string[] = [];
    const visit = async (path: string): Promise<void> => {
      for (const name of await names(join(this.#folder, 'repositories', path))) {
        // Folders of ours begin with an underscore, which no part of a repository's name does.
        if (name === '_manifests') result.push(path);
        else if (!name.startsWith('_')) await visit(path === '' ? name : `${path}/${name}`);
      }
    };
    await visit('');
    return result.sort();
  }

  #blob(digest: string): string {
    return join(this.#folder, 'blobs', 'sha256', hexOf(digest));
  }

  #link(repository: string, kind: '_blobs' | '_manifests' | '_tags', name: string): string {
    return join(this.#folder, 'repositories', repository, kind, name);
  }

  async #grant(repository: string, digest: string): Promise<void> {
    await this.#write(this.#link(repository, '_blobs', hexOf(digest)), '');
  }

  /** Readers see the old content or the new, never half of it. */
  async #write(path: string, content: string | Buffer): Promise<void> {
    const temporary = join(this.#folder, 'uploads', randomUUID());
    await writeFile(temporary, content);
    try {
      await rename(temporary, path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
    }
  }
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return missingAsUndefined(stat(path).then((s) => s.size));
}

async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

async function text(path: string): Promise<string | undefined> {
  return missingAsUndefined(readFile(path, 'utf8'));
}

async function names(path: string): Promise<string[]> {
  return (await missingAsUndefined(readdir(path))) ?? [];
}

async function removed(path: string): Promise<boolean> {
  return (await missingAsUndefined(rm(path).then(() => true))) ?? false;
}

async function missingAsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
