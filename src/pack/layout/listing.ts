import { GlobalctlError } from '../../base/index.ts';
import { packageInvalid } from '../invalid.ts';
import { digestOf, type Descriptor } from '../oci/descriptor.ts';
import { parseJsonObject, textsOf } from '../oci/manifest.ts';
import { formatImageName } from '../oci/reference.ts';
import { platformsOf, type ConfigContent } from './configs.ts';
import { manifestsBelow, packageAnnotations, type PackageContents } from './contents.ts';

/** `contents.json`: what a package holds, for people and for readers that know nothing of OCI. docs/packages.md describes it. */
export interface Listing {
  readonly format: 1;
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** Of all blobs and manifests, each once. */
  readonly sizeBytes: number;
  readonly images: readonly ListedArtifact[];
  readonly blobs: readonly { readonly digest: string; readonly mediaType: string; readonly sizeBytes: number }[];
}

export interface ListedArtifact {
  /** Repository and tag. */
  readonly name: string;
  readonly kind: 'image' | 'chart';
  readonly digest: string;
  readonly mediaType: string;
  /** Of every manifest and blob below it. */
  readonly sizeBytes: number;
  readonly platforms: readonly string[];
  readonly chart?: { readonly name: string; readonly version: string; readonly appVersion?: string };
}

/** Every manifest and blob below an image, each once. */
export function contentOf(contents: Pick<PackageContents, 'manifests'>, top: Descriptor): Map<string, Descriptor> {
  const found = new Map<string, Descriptor>();
  for (const { descriptor, blobs } of manifestsBelow(contents, top))
    for (const part of [descriptor, ...blobs]) found.set(part.digest, part);
  return found;
}

export function bytesOf(descriptors: Iterable<Descriptor>): number {
  let sum = 0;
  for (const { size } of descriptors) sum += size;
  return sum;
}

/** The listing of a package that is being built. */
export function listContents(
  contents: Pick<PackageContents, 'manifests' | 'images'>,
  configs: ReadonlyMap<string, ConfigContent>,
  said: { readonly name: string; readonly architecture: string; readonly version: string },
): Listing {
  const { name, architecture, version } = said;
  const all = new Map(contents.images.flatMap((image) => [...contentOf(contents, image.top)]));
  return {
    format: 1,
    name,
    architecture,
    version,
    sizeBytes: bytesOf(all.values()),
    images: contents.images.map((image) => {
      const chart = configs.get(contents.manifests.get(image.top.digest)?.config?.digest ?? '')?.chart;
      return {
        name: formatImageName(image.name),
        kind: image.kind,
        digest: image.top.digest,
        mediaType: image.top.mediaType,
        sizeBytes: bytesOf(contentOf(contents, image.top).values()),
        platforms: platformsOf(contents, image, configs),
        ...(chart && {
          chart: {
            name: chart.name,
            version: chart.version,
            ...(chart.appVersion !== undefined && { appVersion: chart.appVersion }),
          },
        }),
      };
    }),
    blobs: [...all.values()].map(({ digest, mediaType, size }) => ({ digest, mediaType, sizeBytes: size })),
  };
}

/** What of contents.json does not agree with index.json and the manifests; nothing when there is none and none is announced. */
export function listingFaults(contents: PackageContents): GlobalctlError[] {
  const { path, index, contentsFile } = contents;
  if (!index) return [];
  const expected = textsOf(parseJsonObject(index, path)['annotations'])[packageAnnotations.contents];
  if (expected === undefined) return [];
  if (!contentsFile) return [packageInvalid(path, 'index.json announces contents.json, and it is not there')];
  const found = digestOf(contentsFile);
  if (found !== expected)
    return [
      new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
        message: `${path}: contents.json is not the one that index.json names`,
        subject: path,
        expected,
        found,
      }),
    ];
  const listing = parseJsonObject(contentsFile, `${path}: contents.json`);
  const images = linesOf(listing['images'], ['name', 'digest']);
  const blobs = new Set(linesOf(listing['blobs'], ['digest', 'sizeBytes']));
  const held = contents.images.map((image) => `${formatImageName(image.name)} ${image.top.digest}`);
  const isWhole = [...contents.blobs.values()].every(({ digest, size }) => blobs.has(`${digest} ${String(size)}`));
  return isWhole && images.sort().join('\n') === held.sort().join('\n')
    ? []
    : [packageInvalid(path, 'contents.json lists other things than the package holds')];
}

/** Some fields of each object of a list, a line each. */
function linesOf(list: unknown, fields: readonly string[]): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => {
    const object = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    return fields.map((field) => (typeof object[field] === 'number' ? String(object[field]) : object[field])).join(' ');
  });
}
