import { GlobalctlError } from '../../base/index.ts';
import { packageEntries } from './archive.ts';
import { collectContent, mediaTypes, verifyContent, type Descriptor } from '../oci/descriptor.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, parseManifest, type Manifest } from '../oci/manifest.ts';
import { parseImageName, type ImageName } from '../oci/reference.ts';

/** Annotations of index.json that make an OCI layout a package; docs/packages.md describes them. */
export const packageAnnotations = {
  format: 'dev.globalctl.package.format',
  name: 'dev.globalctl.package.name',
  architecture: 'dev.globalctl.package.architecture',
  version: 'dev.globalctl.package.version',
} as const;

/** The one format version there is. A reader refuses a higher one. */
export const PACKAGE_FORMAT = 1;

/** Annotation of the OCI image layout specification that names an entry of index.json. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

export interface PackagedImage {
  readonly name: ImageName;
  /** The manifest that the tag stands for. */
  readonly top: Descriptor;
  readonly kind: 'image' | 'chart';
  /** `os/architecture` of each image below an index; empty when the package does not say. */
  readonly platforms: readonly string[];
}

/** What a package holds, without the content of its blobs. */
export interface PackageContents {
  readonly path: string;
  /** Absent in a plain OCI layout. */
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly version: string | undefined;
  readonly images: readonly PackagedImage[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Configs and layers by digest. */
  readonly blobs: ReadonlyMap<string, Descriptor>;
}

function invalid(path: string, message: string, found?: string): GlobalctlError {
  return new GlobalctlError('PACKAGE_INVALID', { message: `${path}: ${message}`, subject: path, found });
}

/** The digest that a path of the layout stands for, or undefined. */
function digestOfPath(path: string): string | undefined {
  const match = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path);
  return match ? `sha256:${match[1] ?? ''}` : undefined;
}

/** All manifests below `top`, each once, a parent before its children. */
export function manifestsBelow(contents: Pick<PackageContents, 'manifests'>, top: Descriptor): Manifest[] {
  const found = new Map<string, Manifest>();
  const visit = (descriptor: Descriptor): void => {
    const manifest = contents.manifests.get(descriptor.digest);
    if (!manifest || found.has(descriptor.digest)) return;
    found.set(descriptor.digest, manifest);
    for (const child of manifest.manifests) visit(child);
  };
  visit(top);
  return [...found.values()];
}

/**
 * Reads index.json and the manifests of a package. Our own packages hold them first, so that only their head is read; of any
 * other layout all of it, once. Throws FILE_UNREADABLE, PACKAGE_INVALID or PACKAGE_DIGEST_MISMATCH.
 */
export async function readPackage(path: string): Promise<PackageContents> {
  let index: Record<string, unknown> | undefined;
  const manifests = new Map<string, Manifest>();
  const missing = new Map<string, Descriptor>();
  const unclaimed = new Map<string, Uint8Array>();
  const accept = (descriptor: Descriptor, bytes: Uint8Array): void => {
    missing.delete(descriptor.digest);
    const manifest = parseManifest(bytes, `${path}: ${descriptor.digest}`, descriptor.mediaType);
    manifests.set(descriptor.digest, manifest);
    for (const child of manifest.manifests) claim(child);
  };
  const claim = (descriptor: Descriptor): void => {
    if (manifests.has(descriptor.digest)) return;
    missing.set(descriptor.digest, descriptor);
    const bytes = unclaimed.get(descriptor.digest);
    if (bytes) accept(descriptor, bytes);
  };
  for await (const entry of packageEntries(path)) {
    const digest = digestOfPath(entry.path);
    if (entry.path === 'index.json') {
      if (entry.sizeBytes > LONGEST_MANIFEST_BYTES) throw invalid(path, 'index.json is longer than 4 MiB');
      index = parseJsonObject(await collect(entry.content), `${path}: index.json`);
      for (const descriptor of topDescriptors(index, path)) claim(descriptor);
    } else if (digest !== undefined && entry.sizeBytes <= LONGEST_MANIFEST_BYTES) {
      const wanted = missing.get(digest);
      if (wanted) accept(wanted, await collectContent(entry.content, wanted, path));
      else if (!index || missing.size > 0) {
        // Nothing tells yet whether this is a manifest; small JSON objects are kept until something does.
        const bytes = await collectContent(entry.content, { mediaType: '', digest, size: entry.sizeBytes }, path);
        if (bytes[0] === 0x7b) unclaimed.set(digest, bytes);
      }
    }
    if (index && missing.size === 0) break;
  }
  if (!index) throw invalid(path, 'not a package: it holds no index.json');
  const [hole] = missing.keys();
  if (hole !== undefined) throw invalid(path, `it names the manifest ${hole} and does not hold it`);
  return describe(path, index, manifests);
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function topDescriptors(index: Record<string, unknown>, path: string): readonly Descriptor[] {
  // index.json is an image index whose media type may be left out.
  const bytes = Buffer.from(JSON.stringify({ ...index, mediaType: mediaTypes.index }));
  return parseManifest(bytes, `${path}: index.json`).manifests;
}

function describe(
  path: string,
  index: Record<string, unknown>,
  manifests: ReadonlyMap<string, Manifest>,
): PackageContents {
  const annotations = (index['annotations'] ?? {}) as Record<string, unknown>;
  const read = (key: string): string | undefined =>
    typeof annotations[key] === 'string' ? annotations[key] : undefined;
  const format = read(packageAnnotations.format);
  if (format !== undefined && Number(format) !== PACKAGE_FORMAT)
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${path}: a package of a format that is not understood`,
      subject: path,
      expected: `format ${String(PACKAGE_FORMAT)}`,
      found: format,
    });
  const images: PackagedImage[] = [];
  for (const top of topDescriptors(index, path)) {
    const refName = top.annotations?.[REF_NAME];
    const name = refName === undefined ? undefined : parseImageName(refName);
    if (!name)
      throw invalid(
        path,
        `an entry of index.json has no usable name (annotation ${REF_NAME}, REPOSITORY:TAG)`,
        refName ?? 'no name',
      );
    const below = manifestsBelow({ manifests }, top);
    images.push({
      name,
      top,
      kind: below.some((m) => m.configType === mediaTypes.chartConfig) ? 'chart' : 'image',
      platforms: [top, ...below.flatMap((m) => m.manifests)].flatMap((d) =>
        d.platform ? [`${d.platform.os}/${d.platform.architecture}`] : [],
      ),
    });
  }
  const blobs = new Map<string, Descriptor>();
  for (const manifest of manifests.values()) for (const blob of manifest.blobs) blobs.set(blob.digest, blob);
  return {
    path,
    name: read(packageAnnotations.name),
    architecture: read(packageAnnotations.architecture),
    version: read(packageAnnotations.version),
    images,
    manifests,
    blobs,
  };
}

/**
 * Streams the blobs of `wanted` in the order in which the package holds them; `take` must read each to its end. Content is verified as it
 * passes. Stops after the last wanted one. Throws PACKAGE_INVALID when the package does not hold one of them.
 */
export async function streamBlobs(
  path: string,
  wanted: ReadonlyMap<string, Descriptor>,
  take: (descriptor: Descriptor, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const left = new Set(wanted.keys());
  if (left.size === 0) return;
  for await (const entry of packageEntries(path)) {
    const digest = digestOfPath(entry.path);
    const descriptor = digest === undefined ? undefined : wanted.get(digest);
    if (!descriptor || !left.delete(descriptor.digest)) continue;
    await take(descriptor, verifyContent(entry.content, descriptor, path));
    if (left.size === 0) return;
  }
  throw invalid(path, `it names the blob ${[...left][0] ?? ''} and does not hold it`);
}

export interface VerifiedPackage {
  readonly images: number;
  readonly blobs: number;
  /** Bytes of all blobs, as they lie in the package. */
  readonly sizeBytes: number;
}

/** Reads all of a package and checks every digest. Throws what is wrong with it. */
export async function verifyPackage(path: string): Promise<VerifiedPackage> {
  const contents = await readPackage(path);
  let sizeBytes = 0;
  await streamBlobs(path, contents.blobs, async (_descriptor, content) => {
    for await (const chunk of content) sizeBytes += chunk.length;
  });
  return { images: contents.images.length, blobs: contents.blobs.size, sizeBytes };
}
