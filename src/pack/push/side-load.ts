import { join } from 'node:path';
import { setMaxListeners } from 'node:events';
import { GlobalctlError, retry, systemClock, type Clock } from '../../base/index.ts';
import {
  blobPath,
  manifestsBelow,
  readPackage,
  streamBlobs,
  type PackageContents,
  type PackagedImage,
} from '../layout/index.ts';
import { isFolder } from '../layout/files.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isWorthAnotherAttempt } from '../registry/another-attempt.ts';
import type { RegistryClient } from '../registry/client.ts';
import { inParallel } from '../registry/parallel.ts';
import { lookAround, PARALLEL_REQUESTS, type LookOptions } from './look-around.ts';
import { ProgressMeter, type PushProgress } from './progress.ts';
import { RETRIES } from './push-policy.ts';
import { RegistryStorage } from './registry-storage.ts';

export interface SideLoadOptions {
  readonly path: string;
  /** The registry whose storage it is; it is asked before and after. */
  readonly client: RegistryClient;
  /** `rootdirectory` of the docker-registry, on this host. */
  readonly folder: string;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
  readonly onImage?: ((image: PackagedImage, outcome: 'pushed' | 'present') => void) | undefined;
}

export interface SideLoadResult {
  readonly contents: PackageContents;
  readonly pushedImages: number;
  readonly presentImages: number;
  /** Blobs that are a second name for a file of the package's folder. */
  readonly linkedBlobs: number;
  readonly copiedBlobs: number;
  readonly copiedBytes: number;
}

/**
 * Puts a package into the storage folder of a docker-registry on this host instead of sending it: blobs first, each verified,
 * then what lets repositories see them, manifests, tags last. That the folder is the registry's is proved beforehand by an
 * upload that the registry opens there, and that it serves the content is asked of it afterwards. Throws REGISTRY_SIDE_LOAD,
 * FILE_UNWRITABLE, and what reading the package or the registry throws.
 */
export async function sideLoad(options: SideLoadOptions): Promise<SideLoadResult> {
  const { path, client, folder, clock = systemClock, signal, onImage, onProgress } = options;
  if (signal) setMaxListeners(0, signal);
  const contents = await readPackage(path);
  const look: LookOptions = {
    contents,
    client,
    signal,
    again: (work) => retry({ policy: RETRIES, clock, signal, retryable: isWorthAnotherAttempt }, work),
  };
  const around = await lookAround(look);
  for (const image of around.present) onImage?.(image, 'present');
  const count = {
    pushedImages: 0,
    presentImages: around.present.length,
    linkedBlobs: 0,
    copiedBlobs: 0,
    copiedBytes: 0,
  };
  const [first] = around.open;
  if (!first) return { contents, ...count };
  await proveFolder(look, folder, first.name.repository);
  await using storage = await RegistryStorage.open(folder);
  const missing = new Map<string, Descriptor>();
  for (const { descriptor } of around.needs.values())
    if (!(await storage.hasBlob(descriptor))) missing.set(descriptor.digest, descriptor);
  const meter = new ProgressMeter(
    [...missing.values()].reduce((sum, { size }) => sum + size, 0),
    clock,
    (progress) => onProgress?.(progress),
  );
  const inFolder = await isFolder(path);
  for (const descriptor of inFolder ? [...missing.values()] : []) {
    const place = contents.places.get(descriptor.digest) ?? blobPath(descriptor.digest);
    if (typeof place !== 'string') continue;
    signal?.throwIfAborted();
    const way = await storage.adopt(join(path, place), descriptor);
    missing.delete(descriptor.digest);
    meter.add(descriptor.size);
    count[way === 'linked' ? 'linkedBlobs' : 'copiedBlobs']++;
    if (way === 'copied') count.copiedBytes += descriptor.size;
  }
  await streamBlobs(contents, missing, async (descriptor, content) => {
    signal?.throwIfAborted();
    await storage.write(counted(content, meter), descriptor);
    count.copiedBlobs++;
    count.copiedBytes += descriptor.size;
  });
  meter.finish();
  for (const { descriptor, absent } of around.needs.values())
    for (const repository of absent) await storage.showBlob(repository, descriptor.digest);
  for (const image of around.open) {
    const { repository } = image.name;
    for (const manifest of manifestsBelow(contents, image.top).reverse())
      await storage.putManifest(repository, manifest);
    await storage.putTag(image.name, image.top.digest);
    await proveServed(look, image);
    count.pushedImages++;
    onImage?.(image, 'pushed');
  }
  return { contents, ...count };
}

/** Has the registry open an upload and looks whether it lies in the folder. */
async function proveFolder({ client, signal, again }: LookOptions, folder: string, repository: string): Promise<void> {
  const session = await again(() => client.uploads.open(repository, signal));
  try {
    const id = new URL(session.location).pathname.split('/').at(-1) ?? '';
    if (/^[0-9a-f-]{36}$/.test(id) && (await RegistryStorage.holdsUpload(folder, repository, id))) return;
  } finally {
    await client.uploads.cancel(session, signal);
  }
  throw new GlobalctlError('REGISTRY_SIDE_LOAD', {
    message: `${folder} is not where registry ${client.address} keeps its content`,
    subject: folder,
    expected: 'the folder that `rootdirectory` of a docker-registry on this host names',
    found: 'an upload that the registry has just opened does not lie there',
  });
}

/** Asks the registry for everything that has been put under its hands. */
async function proveServed(look: LookOptions, image: PackagedImage): Promise<void> {
  const { client, contents, signal, again } = look;
  const { repository, tag } = image.name;
  const found = await again(() => client.findManifest(repository, tag, signal));
  const blobs = manifestsBelow(contents, image.top).flatMap((manifest) => manifest.blobs);
  const unseen: string[] = found === image.top.digest ? [] : [image.top.digest];
  await inParallel(blobs, PARALLEL_REQUESTS, async ({ digest, size }) => {
    const blob = await again(() => client.findBlob(repository, digest, signal));
    if (blob?.sizeBytes !== size) unseen.push(digest);
  });
  const [digest] = unseen;
  if (digest === undefined) return;
  throw new GlobalctlError('REGISTRY_SIDE_LOAD', {
    message: `registry ${client.address} does not serve ${repository}:${tag}, which was put into its storage`,
    subject: `${client.address}/${repository}:${tag}`,
    expected: digest,
    hint: 'Check that the user of the registry may read its storage folder; push without --side-load otherwise.',
  });
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  meter: ProgressMeter,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const part of content) {
    yield part;
    meter.add(part.length);
  }
}
