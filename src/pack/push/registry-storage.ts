import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chown, copyFile, link, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GlobalctlError, isMissing } from '../../base/index.ts';
import { READ_BYTES } from '../archive/index.ts';
import type { Manifest } from '../oci/manifest.ts';
import { verifyContent, type Descriptor } from '../oci/descriptor.ts';
import type { ImageName } from '../oci/reference.ts';

/** What a place on disk answers when two names cannot be one file there. */
const NO_LINK = ['EXDEV', 'EPERM', 'EMLINK', 'EACCES', 'ENOTSUP'];

/**
 * The storage folder of a docker-registry on this host, layout version 2 of its filesystem driver:
 *
 *     docker/registry/v2/blobs/sha256/<2 digits>/<hex>/data
 *     docker/registry/v2/repositories/<name>/_layers/sha256/<hex>/link
 *                                            _manifests/revisions/sha256/<hex>/link
 *                                            _manifests/tags/<tag>/{index/sha256/<hex>,current}/link
 *
 * Every file appears whole, by a rename. Throws FILE_UNWRITABLE and FILE_UNREADABLE.
 */
export class RegistryStorage implements AsyncDisposable {
  readonly #root: string;
  /** On the same file system, out of the registry's sight. */
  readonly #workshop: string;
  readonly #owner: { readonly uid: number; readonly gid: number };

  private constructor(root: string, workshop: string, owner: { readonly uid: number; readonly gid: number }) {
    this.#root = root;
    this.#workshop = workshop;
    this.#owner = owner;
  }

  /** `folder` is what the registry's configuration calls `rootdirectory`; it must have been written to. */
  static async open(folder: string): Promise<RegistryStorage> {
    const root = join(folder, 'docker/registry/v2');
    return unwritable(root, async () => {
      const { uid, gid } = await stat(join(root, 'repositories'));
      return new RegistryStorage(root, await mkdtemp(join(root, '.side-load-')), { uid, gid });
    });
  }

  /** Whether an upload that the registry has just opened lies in this folder: proof that it is the registry's own. */
  static async holdsUpload(folder: string, repository: string, id: string): Promise<boolean> {
    const path = join(folder, 'docker/registry/v2/repositories', repository, '_uploads', id);
    return stat(path).then(
      (info) => info.isDirectory(),
      () => false,
    );
  }

  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    return stat(this.#data(digest)).then(
      (info) => info.isFile() && info.size === size,
      () => false,
    );
  }

  /**
   * Makes a file of the same host a blob, by a second name for it where that can be and the registry may read it, else by a
   * copy. What then lies in the storage has been read and has the digest. Throws PACKAGE_DIGEST_MISMATCH.
   */
  async adopt(path: string, blob: Descriptor): Promise<'linked' | 'copied'> {
    const temporary = join(this.#workshop, randomUUID());
    const way = (await this.#link(path, temporary)) ? 'linked' : 'copied';
    await unwritable(temporary, async () => {
      if (way === 'copied') {
        await copyFile(path, temporary, constants.COPYFILE_FICLONE);
        await this.#give(temporary);
      }
    });
    const content = createReadStream(temporary, { highWaterMark: READ_BYTES });
    // Read to its end: that is the check.
    for await (const part of verifyContent(content, blob, path)) if (part.length === 0) break;
    await this.#move(temporary, this.#data(blob.digest));
    return way;
  }

  /** Writes a blob from content that is verified as it streams. */
  async write(content: AsyncIterable<Uint8Array>, blob: Pick<Descriptor, 'digest'>): Promise<void> {
    const temporary = join(this.#workshop, randomUUID());
    await unwritable(temporary, async () => {
      const file = await open(temporary, 'wx');
      try {
        for await (const part of content) await file.writeFile(part);
        await file.datasync();
      } finally {
        await file.close();
      }
      await this.#give(temporary);
    });
    await this.#move(temporary, this.#data(blob.digest));
  }

  /** Lets a repository see a blob that is in the storage. */
  async showBlob(repository: string, digest: string): Promise<void> {
    await this.#writeLink(join('repositories', repository, '_layers', inPath(digest)), digest);
  }

  /** Stores a manifest whose blobs and children are there; does not tag it. */
  async putManifest(repository: string, { descriptor, bytes }: Pick<Manifest, 'descriptor' | 'bytes'>): Promise<void> {
    await this.write(only(bytes), descriptor);
    await this.#writeLink(
      join('repositories', repository, '_manifests/revisions', inPath(descriptor.digest)),
      descriptor.digest,
    );
  }

  /** Lets a tag stand for a manifest that is there. */
  async putTag({ repository, tag }: ImageName, digest: string): Promise<void> {
    const folder = join('repositories', repository, '_manifests/tags', tag);
    await this.#writeLink(join(folder, 'index', inPath(digest)), digest);
    await this.#writeLink(join(folder, 'current'), digest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#workshop, { recursive: true, force: true });
  }

  #data(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(this.#root, 'blobs/sha256', hex.slice(0, 2), hex, 'data');
  }

  /** False where no second name can be had, or the registry could not read the file under it. */
  async #link(path: string, target: string): Promise<boolean> {
    const { uid, mode } = await stat(path);
    const mayRead = (mode & 0o004) !== 0 || uid === this.#owner.uid || this.#owner.uid === 0;
    if (!mayRead) return false;
    try {
      await link(path, target);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && NO_LINK.includes(String(error.code))) return false;
      throw error;
    }
  }

  async #writeLink(folder: string, digest: string): Promise<void> {
    const temporary = join(this.#workshop, randomUUID());
    await unwritable(temporary, async () => {
      const file = await open(temporary, 'wx');
      await file.writeFile(digest);
      await file.close();
      await this.#give(temporary);
    });
    await this.#move(temporary, join(this.#root, folder, 'link'));
  }

  async #move(from: string, to: string): Promise<void> {
    await unwritable(to, async () => {
      await this.#makeFolder(dirname(to));
      await rename(from, to);
    });
  }

  async #makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await this.#give(folder);
  }

  /** Files of root would lock out a registry that runs as a user of its own. */
  async #give(path: string): Promise<void> {
    const { uid, gid } = this.#owner;
    if (process.getuid?.() === 0 && uid !== 0) await chown(path, uid, gid);
  }
}

function inPath(digest: string): string {
  return digest.replace(':', '/');
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(bytes);
}

async function unwritable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GlobalctlError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GlobalctlError(isMissing(error) ? 'REGISTRY_SIDE_LOAD' : 'FILE_UNWRITABLE', {
      message: `cannot write into the storage of the registry: ${reason}`,
      subject: path,
      cause: error,
    });
  }
}
