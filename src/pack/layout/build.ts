import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as createPack, type Pack } from 'tar-stream';
import { GlobalctlError } from '../../base/index.ts';
import {
  manifestsBelow,
  PACKAGE_FORMAT,
  packageAnnotations,
  readPackage,
  REF_NAME,
  streamBlobs,
  type PackageContents,
} from './contents.ts';
import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { Artifact } from '../oci/image.ts';
import type { Manifest } from '../oci/manifest.ts';
import { formatImageName, type ImageName } from '../oci/reference.ts';
import { addTarFile } from '../oci/tar-writer.ts';

export interface BuildOptions {
  readonly name: string;
  /** `amd64` or `arm64`, as in the file's name. */
  readonly architecture: string;
  readonly version: string;
  /** Images and charts held in memory. */
  readonly artifacts?: readonly Artifact[] | undefined;
  /** OCI layouts (folders or tars) and packages whose named content goes in too. */
  readonly layouts?: readonly string[] | undefined;
  /** File to write, usually `packageFileName(options)`; replaced in one step when complete. */
  readonly path: string;
}

/** `cluster-api-provider-dcs.amd64.v1.0.16.tgz`: the guide's file shape. */
export function packageFileName(options: Pick<BuildOptions, 'name' | 'architecture' | 'version'>): string {
  return `${options.name}.${options.architecture}.${options.version}.tgz`;
}

/** Layout files of everything that goes in: the entries of index.json, the manifests and which blobs they need. */
interface Plan {
  readonly entries: { readonly name: ImageName; readonly top: Descriptor }[];
  readonly manifests: Map<string, Manifest>;
  readonly memory: Map<string, Uint8Array>;
  /** Per layout, the blobs that are to be taken from it. */
  readonly fromLayouts: Map<string, Map<string, Descriptor>>;
}

/** Writes a package: index.json and manifests first, then every blob once. Throws FILE_UNWRITABLE and what reading a layout throws. */
export async function buildPackage(options: BuildOptions): Promise<void> {
  const plan = await makePlan(options);
  const temporary = `${options.path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(options.path), { recursive: true });
    const tar = createPack();
    const writing = pipeline(
      tar as unknown as AsyncIterable<Uint8Array>,
      createGzip({ level: 1 }),
      createWriteStream(temporary),
    );
    // Awaited below; until then a failure of the disk must not count as unhandled.
    writing.catch(() => undefined);
    await Promise.race([fill(tar, options, plan), writing]);
    await writing;
    await rename(temporary, options.path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof GlobalctlError) throw error;
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `cannot write ${basename(options.path)}: ${error instanceof Error ? error.message : String(error)}`,
      subject: options.path,
      cause: error,
    });
  }
}

async function makePlan(options: BuildOptions): Promise<Plan> {
  const plan: Plan = { entries: [], manifests: new Map(), memory: new Map(), fromLayouts: new Map() };
  for (const artifact of options.artifacts ?? []) {
    plan.entries.push(artifact);
    for (const manifest of artifact.manifests) plan.manifests.set(manifest.descriptor.digest, manifest);
    for (const { descriptor, bytes } of artifact.blobs) plan.memory.set(descriptor.digest, bytes);
  }
  const taken = new Set(plan.memory.keys());
  for (const path of options.layouts ?? []) {
    const contents: PackageContents = await readPackage(path);
    for (const image of contents.images) {
      plan.entries.push(image);
      for (const manifest of manifestsBelow(contents, image.top))
        plan.manifests.set(manifest.descriptor.digest, manifest);
    }
    plan.fromLayouts.set(path, new Map([...contents.blobs].filter(([digest]) => !taken.has(digest))));
    for (const digest of contents.blobs.keys()) taken.add(digest);
  }
  return plan;
}

async function fill(tar: Pack, options: BuildOptions, plan: Plan): Promise<void> {
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: plan.entries.map(({ name, top }) => ({
      ...top,
      annotations: { ...top.annotations, [REF_NAME]: formatImageName(name) },
    })),
    annotations: {
      [packageAnnotations.format]: String(PACKAGE_FORMAT),
      [packageAnnotations.name]: options.name,
      [packageAnnotations.architecture]: options.architecture,
      [packageAnnotations.version]: options.version,
    },
  };
  await addTarFile(tar, { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' });
  await addTarFile(tar, { path: 'index.json', content: JSON.stringify(index) });
  for (const [digest, manifest] of plan.manifests)
    await addTarFile(tar, { path: blobPath(digest), content: manifest.bytes });
  for (const [digest, bytes] of plan.memory) await addTarFile(tar, { path: blobPath(digest), content: bytes });
  for (const [path, wanted] of plan.fromLayouts)
    await streamBlobs(path, wanted, async (descriptor, content) => {
      const entry = tar.entry({ name: blobPath(descriptor.digest), mtime: new Date(0), size: descriptor.size });
      await pipeline(content, entry as unknown as NodeJS.WritableStream);
    });
  tar.finalize();
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
