import { formatImageName, type ImageName } from '../oci/reference.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { RegistryClient } from '../registry/client.ts';
import { choosePlatform } from './choose-platform.ts';
import { isChart } from './contents.ts';
import type { ContentSource } from './source.ts';

export interface RegistryImage {
  readonly repository: string;
  /** Tag, or digest. */
  readonly reference: string;
  /** What it is to be called. */
  readonly name: ImageName;
  /** Of an index, only the image for this platform. */
  readonly platform?: string | undefined;
}

/** An image or chart of a registry: its manifests are read now, its blobs as they are asked for. */
export async function registrySource(
  client: RegistryClient,
  { repository, reference, name, platform }: RegistryImage,
  signal?: AbortSignal,
): Promise<ContentSource> {
  const label = `${client.address}/${formatImageName(name)}`;
  const manifests = new Map<string, Manifest>();
  const first = await client.fetchManifest(repository, reference, signal);
  manifests.set(first.descriptor.digest, first);
  const top =
    platform === undefined ? first.descriptor : choosePlatform({ label, manifests }, first.descriptor, platform);
  const fetchBelow = async ({ digest }: Descriptor): Promise<void> => {
    const manifest = manifests.get(digest) ?? (await client.fetchManifest(repository, digest, signal));
    manifests.set(digest, manifest);
    for (const child of manifest.manifests) await fetchBelow(child);
  };
  await fetchBelow(top);
  return {
    label,
    manifests,
    images: [{ name, top, kind: isChart({ manifests }, top) ? 'chart' : 'image', platforms: [] }],
    stream: async (wanted, take) => {
      for (const descriptor of wanted.values()) await take(descriptor, client.readBlob(repository, descriptor, signal));
    },
  };
}
