import { setMaxListeners } from 'node:events';
import { GlobalctlError, retry, systemClock, type Clock } from '../../base/index.ts';
import { manifestsBelow, type PackageContents, type PackagedImage } from '../layout/contents.ts';
import { readPackage } from '../layout/read.ts';
import { formatImageName } from '../oci/reference.ts';
import { isWorthAnotherAttempt } from '../registry/another-attempt.ts';
import type { RegistryClient } from '../registry/client.ts';
import { inParallel } from '../registry/parallel.ts';
import { ByteBudget } from './byte-budget.ts';
import { lookAround, type LookOptions } from './look-around.ts';
import { placeBlobs } from './place-blobs.ts';
import { planOf, type PushPlan } from './plan.ts';
import { ProgressMeter, type PushProgress } from './progress.ts';
import { RETRIES } from './push-policy.ts';
import type { UploadJournal } from './upload-journal.ts';

export interface PushOptions {
  readonly path: string;
  readonly client: RegistryClient;
  /** Remembers across processes what has got done. */
  readonly journal?: UploadJournal | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told a few times a second, and at the end. */
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
  /** Told when an image is complete at the registry, or was so before. */
  readonly onImage?: ((image: PackagedImage, outcome: 'pushed' | 'present') => void) | undefined;
  /** Size of the chunks of big blobs; default 12 MiB. */
  readonly chunkBytes?: number | undefined;
  /** What may be held between the archive and the registry, whatever the size of the package; default 40 MiB. */
  readonly budget?: ByteBudget | undefined;
}

export interface PushResult {
  readonly contents: PackageContents;
  readonly pushedImages: number;
  /** Images whose tag stood for the same manifest already. */
  readonly presentImages: number;
  readonly uploadedBlobs: number;
  readonly uploadedBytes: number;
  /** Bytes that an earlier push had brought to the registry inside of blobs that it did not finish. */
  readonly resumedBytes: number;
  readonly mountedBlobs: number;
}

const PARALLEL_IMAGES = 4;
const CHUNK_BYTES = 12 * 1024 * 1024;
const HELD_BYTES = 40 * 1024 * 1024;

/**
 * Pushes a package: in one pass over the archive, without unpacking it, only what the registry lacks, blobs before
 * manifests and tags last. Broken connections and 408, 429 and 5xx answers are retried from where the registry stands.
 * Throws what reading the package or the registry throws, and REGISTRY_UNSOUND when the registry does not hold what it says.
 */
export async function pushPackage(options: PushOptions): Promise<PushResult> {
  const { client, journal, clock = systemClock, signal, onImage, onProgress } = options;
  const { chunkBytes = CHUNK_BYTES, budget = new ByteBudget(HELD_BYTES) } = options;
  // Each request under way listens to it; Node takes more than ten for a leak.
  if (signal) setMaxListeners(0, signal);
  const look = await lookOptions(options);
  const { contents, again } = look;
  const around = await lookAround(look);
  for (const image of around.present) onImage?.(image, 'present');
  const missingBytes = [...around.needs.values()]
    .filter((need) => need.present.size === 0)
    .reduce((sum, need) => sum + need.descriptor.size, 0);
  const meter = new ProgressMeter(missingBytes, clock, (progress) => onProgress?.(progress));
  const count = { uploadedBlobs: 0, uploadedBytes: 0, resumedBytes: 0, mountedBlobs: 0 };
  await placeBlobs({
    contents,
    client,
    needs: around.needs,
    habits: { chunkBytes, mostHeldBytes: budget.totalBytes / 2, mostBytes: Number.MAX_SAFE_INTEGER, takesChunks: true },
    budget,
    policy: RETRIES,
    clock,
    again,
    journal,
    signal,
    onBytes: (bytes) => meter.add(bytes),
    count,
  });
  meter.finish();
  let pushedImages = 0;
  await inParallel(around.open, PARALLEL_IMAGES, async (image) => {
    await tagImage(look, image);
    pushedImages++;
    onImage?.(image, 'pushed');
  });
  return { contents, pushedImages, presentImages: around.present.length, ...count };
}

/** What a push would do. Reads the package's head and asks the registry; changes nothing. */
export async function planPush(
  options: Pick<PushOptions, 'path' | 'client' | 'journal' | 'clock' | 'signal'>,
): Promise<PushPlan> {
  if (options.signal) setMaxListeners(0, options.signal);
  const look = await lookOptions(options);
  return planOf(look.contents, await lookAround(look));
}

async function lookOptions(
  options: Pick<PushOptions, 'path' | 'client' | 'journal' | 'clock' | 'signal'>,
): Promise<LookOptions> {
  const { path, client, journal, clock = systemClock, signal } = options;
  return {
    contents: await readPackage(path),
    client,
    journal,
    signal,
    again: (work) => retry({ policy: RETRIES, clock, signal, retryable: isWorthAnotherAttempt }, work),
  };
}

/** Stores the manifests of an image, children first, and reads back what its tag then stands for. */
async function tagImage({ contents, client, signal, again }: LookOptions, image: PackagedImage): Promise<void> {
  const { repository, tag } = image.name;
  const [top, ...children] = manifestsBelow(contents, image.top);
  for (const child of children.reverse())
    await again(() => client.pushManifest(repository, child.descriptor.digest, child, signal));
  if (!top) return;
  await again(() => client.pushManifest(repository, tag, top, signal));
  const stored = await again(() => client.fetchManifest(repository, tag, signal));
  if (stored.descriptor.digest === image.top.digest) return;
  const subject = `${client.address}/${imageLabel(image)}`;
  throw new GlobalctlError('REGISTRY_UNSOUND', {
    message: `${subject}: the tag stands for another manifest than was pushed`,
    subject,
    expected: image.top.digest,
    found: stored.descriptor.digest,
  });
}

/** `ait/x:v1`, for lists and logs. */
export function imageLabel(image: PackagedImage): string {
  return formatImageName(image.name);
}
