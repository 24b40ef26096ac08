import { isGlobalctlError } from '../../base/index.ts';
import { formatPlatform, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { RegistryClient } from './client.ts';
import { inParallel } from './parallel.ts';

/** What a registry holds under one tag. */
export interface ListedImage {
  readonly repository: string;
  readonly tag: string;
  readonly kind: 'image' | 'chart';
  readonly digest: string;
  readonly mediaType: string;
  /** Of every manifest and blob below the tag, each once. */
  readonly sizeBytes: number;
  /** Of the images below an index; an image by itself says it in its config, which is not fetched. */
  readonly platforms: readonly string[];
}

const PARALLEL_REQUESTS = 8;

/** Every tag of a registry, sorted by repository and tag. Tags that go away meanwhile are left out. */
export async function listNames(
  client: RegistryClient,
  signal?: AbortSignal,
): Promise<{ readonly repository: string; readonly tag: string }[]> {
  const tags = new Map<string, readonly string[]>();
  const repositories = await client.listRepositories(signal);
  await inParallel(repositories, PARALLEL_REQUESTS, async (repository) => {
    tags.set(repository, await client.listTags(repository, signal));
  });
  return repositories.flatMap((repository) => (tags.get(repository) ?? []).map((tag) => ({ repository, tag })));
}

/** Every tag of a registry and what is below it. */
export async function listContents(client: RegistryClient, signal?: AbortSignal): Promise<ListedImage[]> {
  const listed = new Map<string, ListedImage>();
  const names = await listNames(client, signal);
  await inParallel(names, PARALLEL_REQUESTS, async ({ repository, tag }) => {
    try {
      listed.set(`${repository}:${tag}`, await describe(client, { repository, tag }, signal));
    } catch (error) {
      if (!isGlobalctlError(error, 'REGISTRY_NOT_FOUND')) throw error;
    }
  });
  return names.flatMap(({ repository, tag }) => listed.get(`${repository}:${tag}`) ?? []);
}

async function describe(
  client: RegistryClient,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  signal: AbortSignal | undefined,
): Promise<ListedImage> {
  const content = new Map<string, Descriptor>();
  const visit = async (manifest: Manifest): Promise<void> => {
    for (const part of [manifest.descriptor, ...manifest.blobs]) content.set(part.digest, part);
    for (const child of manifest.manifests)
      if (!content.has(child.digest)) await visit(await client.fetchManifest(repository, child.digest, signal));
  };
  const top = await client.fetchManifest(repository, tag, signal);
  await visit(top);
  const { digest, mediaType } = top.descriptor;
  return {
    repository,
    tag,
    kind: top.configType === mediaTypes.chartConfig ? 'chart' : 'image',
    digest,
    mediaType,
    sizeBytes: [...content.values()].reduce((sum, { size }) => sum + size, 0),
    platforms: top.manifests.map(({ platform }) => formatPlatform(platform)).filter((text) => text !== undefined),
  };
}
