import { setMaxListeners } from 'node:events';
import { retry, systemClock, type Clock } from '../../base/index.ts';
import {
  manifestsBelow,
  readPackage,
  streamBlobs,
  type PackageContents,
  type PackagedImage,
} from '../layout/index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { inParallel, TaskPool } from '../registry/parallel.ts';
import { formatImageName } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/client.ts';
import { isWorthAnotherAttempt } from '../registry/another-attempt.ts';

export interface PushProgress {
  /** Bytes at the registry, of those that it lacked when the push began. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface PushOptions {
  readonly path: string;
  readonly client: RegistryClient;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
  /** Told when an image is complete at the registry, or was so before. */
  readonly onImage?: ((image: PackagedImage, outcome: 'pushed' | 'present') => void) | undefined;
}

export interface PushResult {
  readonly contents: PackageContents;
  readonly pushedImages: number;
  /** Images whose tag stood for the same manifest already. */
  readonly presentImages: number;
  readonly uploadedBlobs: number;
  readonly uploadedBytes: number;
  readonly mountedBlobs: number;
}

const PARALLEL_REQUESTS = 8;
const PARALLEL_UPLOADS = 4;
/** Blobs up to this size are held in memory and uploaded side by side; bigger ones go straight through. */
const BUFFERED_BYTES = 8 * 1024 * 1024;
const RETRIES = { attempts: 5, firstDelayMs: 500, maxDelayMs: 8000 };

/**
 * Pushes a package: in one pass over the archive, without unpacking it, only what the registry lacks, blobs before
 * manifests and tags last. Broken connections and 408, 429 and 5xx answers are retried from where the registry stands.
 * Throws what reading the package or the registry throws.
 */
export async function pushPackage(options: PushOptions): Promise<PushResult> {
  const { clock = systemClock, signal } = options;
  // Each request under way listens to it; Node takes more than ten for a leak.
  if (signal) setMaxListeners(0, signal);
  const contents = await readPackage(options.path);
  const count = { pushedImages: 0, presentImages: 0, uploadedBlobs: 0, uploadedBytes: 0, mountedBlobs: 0 };
  const finished = new Set<PackagedImage>();
  await retry({ policy: RETRIES, clock, signal, retryable: isWorthAnotherAttempt }, () =>
    pushOnce({ options, contents, count, finished }),
  );
  return { contents, ...count };
}

interface Push {
  readonly options: PushOptions;
  readonly contents: PackageContents;
  readonly count: { -readonly [K in Exclude<keyof PushResult, 'contents'>]: number };
  readonly finished: Set<PackagedImage>;
}

/** One blob and where the images need it. */
interface BlobNeed {
  readonly descriptor: Descriptor;
  readonly present: Set<string>;
  readonly absent: Set<string>;
}

async function pushOnce(push: Push): Promise<void> {
  const { contents, finished, count } = push;
  const { client, signal, onImage } = push.options;
  const open: PackagedImage[] = [];
  await inParallel(contents.images, PARALLEL_REQUESTS, async (image) => {
    if (finished.has(image)) return;
    const { repository, tag } = image.name;
    if ((await client.findManifest(repository, tag, signal)) !== image.top.digest) {
      open.push(image);
      return;
    }
    finished.add(image);
    count.presentImages++;
    onImage?.(image, 'present');
  });
  await placeBlobs(push, await needsOf(push, open));
  await inParallel(open, PARALLEL_UPLOADS, async (image) => {
    const { repository, tag } = image.name;
    const [top, ...children] = manifestsBelow(contents, image.top);
    for (const child of children.reverse())
      await client.pushManifest(repository, child.descriptor.digest, child, signal);
    if (top) await client.pushManifest(repository, tag, top, signal);
    finished.add(image);
    count.pushedImages++;
    onImage?.(image, 'pushed');
  });
}

/** Which repository needs which blob, and has it or not. */
async function needsOf({ options, contents }: Push, images: readonly PackagedImage[]): Promise<Map<string, BlobNeed>> {
  const needs = new Map<string, BlobNeed>();
  const questions: { readonly need: BlobNeed; readonly repository: string }[] = [];
  for (const { name, top } of images)
    for (const descriptor of manifestsBelow(contents, top).flatMap((manifest) => manifest.blobs)) {
      const need = needs.get(descriptor.digest) ?? { descriptor, present: new Set(), absent: new Set() };
      needs.set(descriptor.digest, need);
      if (need.absent.has(name.repository)) continue;
      need.absent.add(name.repository);
      questions.push({ need, repository: name.repository });
    }
  await inParallel(questions, PARALLEL_REQUESTS, async ({ need, repository }) => {
    if (!(await options.client.hasBlob(repository, need.descriptor.digest, options.signal))) return;
    need.absent.delete(repository);
    need.present.add(repository);
  });
  return needs;
}

/** Uploads every blob that no repository has, in the order of the archive, then mounts it where else it is needed. */
async function placeBlobs(push: Push, needs: ReadonlyMap<string, BlobNeed>): Promise<void> {
  const { client, signal, onProgress } = push.options;
  const { count } = push;
  const wanted = new Map(
    [...needs.values()]
      .filter((need) => need.present.size === 0)
      .map((need) => [need.descriptor.digest, need.descriptor]),
  );
  const totalBytes = [...wanted.values()].reduce((sum, descriptor) => sum + descriptor.size, 0);
  let doneBytes = 0;
  const uploads = new TaskPool(PARALLEL_UPLOADS);
  const upload = async (descriptor: Descriptor, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> => {
    const need = needs.get(descriptor.digest);
    const [repository] = need?.absent ?? [];
    if (!need || repository === undefined) return;
    await client.pushBlob(repository, descriptor, content, signal);
    need.absent.delete(repository);
    need.present.add(repository);
    count.uploadedBlobs++;
    count.uploadedBytes += descriptor.size;
    doneBytes += descriptor.size;
    onProgress?.({ doneBytes, totalBytes });
  };
  try {
    await streamBlobs(push.contents, wanted, async (descriptor, content) => {
      if (descriptor.size > BUFFERED_BYTES) return upload(descriptor, content);
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      await uploads.start(() => upload(descriptor, Buffer.concat(chunks)));
    });
    await uploads.finish();
  } finally {
    await uploads.settle();
  }
  const mounts = [...needs.values()].flatMap((need) => [...need.absent].map((repository) => ({ need, repository })));
  await inParallel(mounts, PARALLEL_REQUESTS, async ({ need, repository }) => {
    await shareBlob(client, need, repository, signal);
    count.mountedBlobs++;
  });
}

/** Mounts a blob from a repository that has it; where the registry does not mount, sends it from there. */
async function shareBlob(
  client: RegistryClient,
  need: BlobNeed,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [from] = need.present;
  if (from === undefined) return;
  if (!(await client.mountBlob(repository, need.descriptor.digest, from, signal)))
    await client.pushBlob(repository, need.descriptor, client.readBlob(from, need.descriptor, signal), signal);
  need.absent.delete(repository);
}

/** `ait/x:v1`, for lists and logs. */
export function imageLabel(image: PackagedImage): string {
  return formatImageName(image.name);
}
