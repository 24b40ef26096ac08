import { formatPlatform, type Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import { formatImageName } from '../oci/reference.ts';
import { platformsOf, type ConfigContent } from './configs.ts';
import { manifestsBelow, type PackageContents, type PackagedImage, type PackageForm } from './contents.ts';
import { bytesOf, contentOf } from './listing.ts';

export interface LayerNode {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** How many images and charts of the package need it. */
  readonly images: number;
}

export interface ManifestNode {
  readonly digest: string;
  readonly mediaType: string;
  /** `attestation` says how an image was built, `referrer` says something about another manifest. */
  readonly role: 'index' | 'image' | 'chart' | 'attestation' | 'referrer';
  readonly platform: string | undefined;
  /** Layers of it; of an image that may not be passed on, those that travel. */
  readonly layers: readonly LayerNode[];
}

export interface ImageNode {
  readonly name: string;
  readonly kind: 'image' | 'chart';
  readonly digest: string;
  readonly mediaType: string;
  /** Of every manifest and blob below it. */
  readonly sizeBytes: number;
  /** What no other image of the package needs. */
  readonly ownBytes: number;
  readonly platforms: readonly string[];
  readonly chart: ConfigContent['chart'];
  readonly manifests: readonly ManifestNode[];
}

export interface PackageTree {
  readonly form: PackageForm;
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly version: string | undefined;
  readonly signer: string | undefined;
  /** Every manifest and blob once. */
  readonly sizeBytes: number;
  /** How much more it would be if nothing were shared. */
  readonly savedBytes: number;
  readonly images: readonly ImageNode[];
  /** Digests of manifests that are named and not held. */
  readonly missing: readonly string[];
}

/** What a package holds, image by image, with sizes and what is shared. Images without a name are called by their digest. */
export function treeOf(contents: PackageContents, configs: ReadonlyMap<string, ConfigContent>): PackageTree {
  const nameless = contents.unnamed.map(({ top, said }) => ({
    label: said === undefined ? `without a name, ${top.digest}` : `without a repository, ${said}`,
    image: { name: { repository: '', tag: '' }, top, kind: 'image' as const, platforms: [] },
  }));
  const named = contents.images.map((image) => ({ label: formatImageName(image.name), image }));
  const all = [...named, ...nameless].map((entry) => ({ ...entry, content: contentOf(contents, entry.image.top) }));
  const uses = new Map<string, number>();
  const unique = new Map<string, Descriptor>();
  for (const { content } of all)
    for (const [digest, descriptor] of content) {
      uses.set(digest, (uses.get(digest) ?? 0) + 1);
      unique.set(digest, descriptor);
    }
  const sizeBytes = bytesOf(unique.values());
  const images = all.map(({ label, image, content }): ImageNode => {
    const config = configs.get(contents.manifests.get(image.top.digest)?.config?.digest ?? '');
    return {
      name: label,
      kind: image.kind,
      digest: image.top.digest,
      mediaType: image.top.mediaType,
      sizeBytes: bytesOf(content.values()),
      ownBytes: bytesOf([...content.values()].filter(({ digest }) => uses.get(digest) === 1)),
      platforms: platformsOf(contents, image, configs),
      chart: config?.chart,
      manifests: manifestNodes(contents, { image, configs, uses }),
    };
  });
  const { form, name, architecture, version, signer } = contents;
  const savedBytes = images.reduce((sum, image) => sum + image.sizeBytes, 0) - sizeBytes;
  const missing = contents.holes.map(({ digest }) => digest);
  return { form, name, architecture, version, signer, sizeBytes, savedBytes, images, missing };
}

interface NodeContext {
  readonly image: PackagedImage;
  readonly configs: ReadonlyMap<string, ConfigContent>;
  readonly uses: ReadonlyMap<string, number>;
}

function manifestNodes(contents: PackageContents, { image, configs, uses }: NodeContext): ManifestNode[] {
  const below = manifestsBelow(contents, image.top);
  const stated = new Map(
    [image.top, ...below.flatMap((manifest) => manifest.manifests)].map((d) => [d.digest, d.platform]),
  );
  return below.map((manifest) => {
    const { digest, mediaType } = manifest.descriptor;
    const said = stated.get(digest);
    const roleOf = (): ManifestNode['role'] => {
      if (!manifest.config) return 'index';
      if (image.kind === 'chart' && digest === image.top.digest) return 'chart';
      if (said && formatPlatform(said) === undefined) return 'attestation';
      return manifest.subject ? 'referrer' : 'image';
    };
    return {
      digest,
      mediaType,
      role: roleOf(),
      platform: formatPlatform(said ?? configs.get(manifest.config?.digest ?? '')?.platform),
      layers: layersOf(manifest).map((layer) => ({
        digest: layer.digest,
        mediaType: layer.mediaType,
        sizeBytes: layer.size,
        images: uses.get(layer.digest) ?? 0,
      })),
    };
  });
}

function layersOf({ config, blobs }: Manifest): readonly Descriptor[] {
  return config ? blobs.slice(1) : blobs;
}
