import { setMaxListeners } from 'node:events';
import { retry, systemClock, type Clock } from '../../base/index.ts';
import type { Manifest } from '../oci/manifest.ts';
import { inParallel } from './parallel.ts';
import { isWorthAnotherAttempt } from './another-attempt.ts';
import type { ImageName } from '../oci/reference.ts';
import { formatImageName } from '../oci/reference.ts';
import type { RegistryClient } from './client.ts';

export interface CopyOptions {
  readonly from: RegistryClient;
  readonly to: RegistryClient;
  /** Which repositories; default all that the source tells of. */
  readonly repositories?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each image. */
  readonly onImage?: ((name: ImageName, done: number, total: number) => void) | undefined;
}

export interface CopyResult {
  readonly images: number;
  /** Images that the target had already. */
  readonly presentImages: number;
  readonly copiedBlobs: number;
  readonly copiedBytes: number;
}

const PARALLEL_IMAGES = 4;
const RETRIES = { attempts: 5, firstDelayMs: 500, maxDelayMs: 8000 };

/**
 * Copies every tag of the repositories from one registry into another: only what the target lacks, blobs that the target
 * holds elsewhere are mounted, tags come last. Throws what the registries throw.
 */
export async function copyRepositories(options: CopyOptions): Promise<CopyResult> {
  const { from, to, signal, clock = systemClock } = options;
  // Each request under way listens to it; Node takes more than ten for a leak.
  if (signal) setMaxListeners(0, signal);
  const repositories = options.repositories ?? (await from.listRepositories(signal));
  const names: ImageName[] = [];
  await inParallel(repositories, PARALLEL_IMAGES, async (repository) => {
    for (const tag of await from.listTags(repository, signal)) names.push({ repository, tag });
  });
  names.sort((a, b) => (formatImageName(a) < formatImageName(b) ? -1 : 1));
  const count = { images: names.length, presentImages: 0, copiedBlobs: 0, copiedBytes: 0 };
  const placed = new Map<string, string>();
  let done = 0;
  await inParallel(names, PARALLEL_IMAGES, async (name) => {
    await retry({ policy: RETRIES, clock, signal, retryable: isWorthAnotherAttempt }, async () => {
      const top = await from.fetchManifest(name.repository, name.tag, signal);
      if ((await to.findManifest(name.repository, name.tag, signal)) === top.descriptor.digest) count.presentImages++;
      else await copyManifest({ options, name, placed, count }, top, name.tag);
    });
    options.onImage?.(name, ++done, names.length);
  });
  return count;
}

interface Copy {
  readonly options: CopyOptions;
  readonly name: ImageName;
  /** Repositories of the target by the digest of a blob that they hold. */
  readonly placed: Map<string, string>;
  readonly count: { copiedBlobs: number; copiedBytes: number };
}

async function copyManifest(copy: Copy, manifest: Manifest, reference: string): Promise<void> {
  const { options, name, placed, count } = copy;
  const { from, to, signal } = options;
  const { repository } = name;
  for (const child of manifest.manifests)
    await copyManifest(copy, await from.fetchManifest(repository, child.digest, signal), child.digest);
  for (const blob of manifest.blobs) {
    if (!(await to.hasBlob(repository, blob.digest, signal))) {
      const elsewhere = placed.get(blob.digest);
      if (elsewhere === undefined || !(await to.mountBlob(repository, blob.digest, elsewhere, signal))) {
        await to.pushBlob(repository, blob, from.readBlob(repository, blob, signal), signal);
        count.copiedBlobs++;
        count.copiedBytes += blob.size;
      }
    }
    placed.set(blob.digest, repository);
  }
  await to.pushManifest(repository, reference, manifest, signal);
}
