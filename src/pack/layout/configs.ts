import { GlobalctlError } from '../../base/index.ts';
import { formatPlatform, mediaTypes, type Descriptor, type Platform } from '../oci/descriptor.ts';
import { isDigest } from '../oci/descriptor.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, parsePlatform, type Manifest } from '../oci/manifest.ts';
import { packageInvalid } from '../invalid.ts';
import { manifestsBelow, type PackageContents, type PackagedImage } from './contents.ts';
import { streamBlobs } from './stream.ts';

/** What the config of an image or chart says that its manifest does not. */
export interface ConfigContent {
  readonly bytes: Uint8Array;
  readonly platform: Platform | undefined;
  /** Digests of the layers as they unpack; empty for what is no image. */
  readonly diffIds: readonly string[];
  readonly chart:
    { readonly name: string; readonly version: string; readonly appVersion: string | undefined } | undefined;
}

/** Config types of images: OCI's, and Docker's, which has the same content. */
const IMAGE_CONFIGS: readonly string[] = [mediaTypes.config, 'application/vnd.docker.container.image.v1+json'];

/** Configs of manifests that are of images or charts, by digest, in the order of the manifests. */
export function configsOf(manifests: Iterable<Manifest>): Map<string, Descriptor> {
  const configs = new Map<string, Descriptor>();
  for (const { config } of manifests)
    if (config && (IMAGE_CONFIGS.includes(config.mediaType) || config.mediaType === mediaTypes.chartConfig))
      configs.set(config.digest, config);
  return configs;
}

/**
 * Reads the configs of a package. Ours hold them right behind the manifests. Those that cannot be read are left out, and
 * `onProblem` is told; without it the problem is thrown.
 */
export async function readConfigs(
  contents: PackageContents,
  onProblem?: (problem: GlobalctlError) => void,
): Promise<Map<string, ConfigContent>> {
  const found = new Map<string, ConfigContent>();
  try {
    await streamBlobs(contents, configsOf(contents.manifests.values()), async (descriptor, content) => {
      if (descriptor.size > LONGEST_MANIFEST_BYTES)
        throw packageInvalid(contents.path, `the config ${descriptor.digest} is longer than 4 MiB`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      found.set(descriptor.digest, parseConfig(descriptor, Buffer.concat(chunks), contents.path));
    });
  } catch (error) {
    if (!onProblem || !(error instanceof GlobalctlError)) throw error;
    onProblem(error);
  }
  return found;
}

export function parseConfig(descriptor: Descriptor, bytes: Uint8Array, where: string): ConfigContent {
  const raw = parseJsonObject(bytes, `${where}: config ${descriptor.digest}`);
  const { name, version, appVersion, rootfs } = raw;
  const ids: unknown = (rootfs as { diff_ids?: unknown } | undefined)?.diff_ids;
  return {
    bytes,
    platform: parsePlatform(raw),
    diffIds: Array.isArray(ids) ? ids.filter(isDigest) : [],
    chart:
      descriptor.mediaType === mediaTypes.chartConfig && typeof name === 'string' && typeof version === 'string'
        ? { name, version, appVersion: typeof appVersion === 'string' ? appVersion : undefined }
        : undefined,
  };
}

/** Platforms of an image: of each part of an index, else what the config of the image says. Attestations have none. */
export function platformsOf(
  contents: Pick<PackageContents, 'manifests'>,
  image: PackagedImage,
  configs: ReadonlyMap<string, Pick<ConfigContent, 'platform'>>,
): string[] {
  if (image.kind === 'chart') return [];
  if (image.platforms.length > 0) return [...image.platforms];
  const configOf = (manifest: Manifest): string | undefined =>
    manifest.subject ? undefined : formatPlatform(configs.get(manifest.config?.digest ?? '')?.platform);
  const found = manifestsBelow(contents, image.top).map(configOf);
  return [...new Set(found.filter((platform) => platform !== undefined))];
}
