import { createHash } from 'node:crypto';
import { GlobalctlError } from '../../base/index.ts';
import { compressionOf, decompress, quoted, type ByteSource } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { type Descriptor } from '../oci/descriptor.ts';
import { checkSignature, type PublicKey } from '../signature/index.ts';
import { architectureFaults } from './architecture.ts';
import { readConfigs, type ConfigContent } from './configs.ts';
import { blobPath, digestOfPath, type PackageContents } from './contents.ts';
import { archiveEntries, isFolder, openLayoutFile } from './files.ts';
import { listingFaults } from './listing.ts';
import { readContents } from './read.ts';

export interface VerifyOptions {
  /** The package must be signed by this key. */
  readonly key?: PublicKey | undefined;
  /** Unpack every layer in passing, and compare with the digests in the images' configs. */
  readonly diffIds?: boolean | undefined;
  /** Every image must run on it; without it what the package says of itself counts. */
  readonly architecture?: string | undefined;
}

export interface VerifiedPackage {
  readonly images: number;
  readonly blobs: number;
  /** Bytes of all blobs, as they lie in the package. */
  readonly sizeBytes: number;
  /** Key that the signature was checked with. */
  readonly signedBy: string | undefined;
}

export interface PackageReport extends VerifiedPackage {
  /** Everything that is wrong with the package; empty when it is sound. */
  readonly problems: readonly GlobalctlError[];
}

/** Reads all of a package and checks it. Throws what is wrong with it: the one problem, or one that has all as causes. */
export async function verifyPackage(path: string, options: VerifyOptions = {}): Promise<VerifiedPackage> {
  const { problems, ...verified } = await inspectSoundness(path, options);
  if (problems.length > 0) throw asOneError(path, problems);
  return verified;
}

/** The one problem of a package, or one that stands for all. */
export function asOneError(path: string, problems: readonly GlobalctlError[]): GlobalctlError {
  const [first] = problems;
  if (first && problems.length === 1) return first;
  return new GlobalctlError(first?.code ?? 'PACKAGE_INVALID', {
    message: `${path}: ${String(problems.length)} things are wrong with the package`,
    subject: path,
    causes: problems,
  });
}

/**
 * Reads all of a package and lists what is wrong with it: content that is not what its digest or size says, blobs and manifests
 * that are missing, images for another architecture, contents.json, the signature. Throws only what keeps it from being read at all:
 * FILE_UNREADABLE, and PACKAGE_INVALID or PACKAGE_DIGEST_MISMATCH in its head.
 */
export async function inspectSoundness(path: string, options: VerifyOptions = {}): Promise<PackageReport> {
  const contents = await readContents(path);
  const problems: GlobalctlError[] = [];
  attempt(problems, () => options.key && checkSignature(contents, options.key, path));
  problems.push(...listingFaults(contents));
  for (const { digest } of contents.holes)
    problems.push(packageInvalid(path, `it names the manifest ${digest} and does not hold it`));
  // Configs that are missing or wrong show below, where every blob is looked at.
  const configs = await readConfigs(contents, () => undefined);
  const check = new ContentCheck(contents, options.diffIds === true ? diffIdsOf(contents, configs) : new Map());
  await check.run();
  problems.push(...check.problems);
  const architecture = options.architecture ?? contents.architecture;
  if (architecture !== undefined) problems.push(...architectureFaults(contents, configs, architecture));
  return {
    images: contents.images.length + contents.unnamed.length,
    blobs: contents.blobs.size,
    sizeBytes: [...contents.blobs.values()].reduce((sum, blob) => sum + blob.size, 0),
    signedBy: options.key?.digest,
    problems,
  };
}

function attempt(problems: GlobalctlError[], work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof GlobalctlError)) throw error;
    problems.push(error);
  }
}

/** What each layer unpacks to, as the configs say. */
function diffIdsOf(contents: PackageContents, configs: ReadonlyMap<string, ConfigContent>): Map<string, string> {
  const expected = new Map<string, string>();
  for (const { config, blobs, foreign } of contents.manifests.values()) {
    const diffIds = configs.get(config?.digest ?? '')?.diffIds ?? [];
    const layers = blobs.slice(1);
    // Foreign layers have a place in the list, too; images with such are left out.
    if (foreign.length === 0 && diffIds.length === layers.length)
      for (const [index, layer] of layers.entries()) expected.set(layer.digest, diffIds[index] ?? '');
  }
  return expected;
}

/** One pass over everything that a package holds. */
class ContentCheck {
  readonly problems: GlobalctlError[] = [];
  readonly #contents: PackageContents;
  readonly #diffIds: ReadonlyMap<string, string>;
  readonly #left: Map<string, Descriptor>;

  constructor(contents: PackageContents, diffIds: ReadonlyMap<string, string>) {
    this.#contents = contents;
    this.#diffIds = diffIds;
    this.#left = new Map();
    for (const descriptor of contents.blobs.values()) {
      const place = contents.places.get(descriptor.digest) ?? blobPath(descriptor.digest);
      // Bytes that were made while reading are what they are.
      if (typeof place === 'string') this.#left.set(place, descriptor);
    }
  }

  async run(): Promise<void> {
    const { path } = this.#contents;
    const isBroken = (await isFolder(path)) ? await this.#checkFolder(path) : await this.#checkArchive(path);
    const left = [...this.#left.values()];
    if (isBroken && left.length > 0)
      this.problems.push(
        packageInvalid(path, `${String(left.length)} blobs could not be looked at: they lie in or behind the damage`),
      );
    else
      for (const { digest } of left)
        this.problems.push(packageInvalid(path, `it names the blob ${digest} and does not hold it`));
  }

  async #checkFolder(folder: string): Promise<boolean> {
    for (const [path, descriptor] of this.#left) {
      const content = await openLayoutFile(folder, path);
      if (!content) continue;
      this.#left.delete(path);
      await this.#checkContent(content, descriptor);
    }
    return false;
  }

  /** Answers whether the archive could not be read to its end. */
  async #checkArchive(path: string): Promise<boolean> {
    const seen = new Set<string>();
    try {
      for await (const entry of archiveEntries(path)) {
        if (seen.has(entry.path)) this.problems.push(packageInvalid(path, `it holds ${quoted(entry.path)} twice`));
        seen.add(entry.path);
        if (entry.link) {
          if (this.#contents.form !== 'docker-archive')
            this.problems.push(
              packageInvalid(path, `it holds a link, ${quoted(entry.path)}`, { expected: 'regular files only' }),
            );
          continue;
        }
        // Also what nothing refers to must be what its name says.
        const digest = digestOfPath(entry.path);
        const descriptor =
          this.#left.get(entry.path) ??
          (digest === undefined ? undefined : { mediaType: '', digest, size: entry.sizeBytes });
        if (descriptor) await this.#checkContent(entry.content, descriptor);
        this.#left.delete(entry.path);
      }
      return false;
    } catch (error) {
      if (!(error instanceof GlobalctlError)) throw error;
      this.problems.push(error);
      return true;
    }
  }

  async #checkContent(content: AsyncIterable<Uint8Array>, { digest, size }: Descriptor): Promise<void> {
    const { path } = this.#contents;
    const hash = createHash('sha256');
    let length = 0;
    const reader = content[Symbol.asyncIterator]();
    const source: ByteSource = {
      next: async () => {
        const result = await reader.next();
        if (result.done === true) return undefined;
        hash.update(result.value);
        length += result.value.length;
        return result.value;
      },
    };
    const diffId = this.#diffIds.get(digest);
    if (diffId !== undefined) await this.#checkLayer(source, { digest, diffId });
    while (await source.next());
    const found = `sha256:${hash.digest('hex')}`;
    if (found === digest && length === size) return;
    this.problems.push(
      new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
        message:
          found === digest
            ? `${path}: the size of blob ${digest} is not what its descriptor states`
            : `${path}: blob ${digest} holds other content than its digest says`,
        subject: path,
        expected: `${digest}, ${String(size)} bytes`,
        found: `${found}, ${String(length)} bytes`,
      }),
    );
  }

  async #checkLayer(
    source: ByteSource,
    { digest, diffId }: { readonly digest: string; readonly diffId: string },
  ): Promise<void> {
    const { path } = this.#contents;
    const where = `${path}: layer ${digest}`;
    const first = (await source.next()) ?? new Uint8Array(0);
    let isFirst = true;
    const whole: ByteSource = {
      next: () => {
        if (!isFirst) return source.next();
        isFirst = false;
        return Promise.resolve(first);
      },
    };
    const hash = createHash('sha256');
    const unpacked = decompress(whole, compressionOf(first), where);
    try {
      for (let chunk = await unpacked.next(); chunk; chunk = await unpacked.next()) hash.update(chunk);
    } catch (error) {
      if (!(error instanceof GlobalctlError)) throw error;
      // Damage of the archive itself goes on to whoever reads it; damage inside the layer is this layer's.
      if (error.details.subject !== where) throw error;
      this.problems.push(error);
      return;
    } finally {
      await unpacked.close?.();
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== diffId)
      this.problems.push(
        new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
          message: `${where} unpacks to other content than the image's config says`,
          subject: path,
          expected: diffId,
          found,
        }),
      );
  }
}
