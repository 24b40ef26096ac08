import { z } from 'zod';
import { GlobalctlError } from '../../base/index.ts';
import { packageInvalid } from '../invalid.ts';
import { digestOf, type Descriptor } from '../oci/descriptor.ts';
import { parseJsonObject, textsOf } from '../oci/manifest.ts';
import { formatImageName } from '../oci/reference.ts';
import { platformsOf, type ConfigContent } from './configs.ts';
import { manifestsBelow, packageAnnotations, type PackageContents } from './contents.ts';

/** `contents.json`: what a package holds, for people and for readers that know nothing of OCI. docs/packages.md describes it. */
const listingSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  architecture: z.string(),
  version: z.string(),
  /** Of all blobs and manifests, each once. */
  sizeBytes: z.number(),
  images: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['image', 'chart']),
      digest: z.string(),
      mediaType: z.string(),
      sizeBytes: z.number(),
      platforms: z.array(z.string()),
      chart: z.object({ name: z.string(), version: z.string(), appVersion: z.string().optional() }).optional(),
    }),
  ),
  blobs: z.array(z.object({ digest: z.string(), mediaType: z.string(), sizeBytes: z.number() })),
});

export type Listing = z.infer<typeof listingSchema>;

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
  const listing = listingSchema.safeParse(parseJsonObject(contentsFile, `${path}: contents.json`)).data;
  const sorted = (lines: readonly string[]): string => [...lines].sort().join('\n');
  const listed = sorted(listing?.images.map((image) => `${image.name} ${image.digest}`) ?? []);
  const blobs = new Set(listing?.blobs.map((blob) => `${blob.digest} ${String(blob.sizeBytes)}`));
  const held = sorted(contents.images.map((image) => `${formatImageName(image.name)} ${image.top.digest}`));
  const isWhole = [...contents.blobs.values()].every((blob) => blobs.has(`${blob.digest} ${String(blob.size)}`));
  return listing && listed === held && isWhole
    ? []
    : [packageInvalid(path, 'contents.json lists other things than the package holds')];
}
