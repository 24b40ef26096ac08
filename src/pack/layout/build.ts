import { basename, dirname } from 'node:path';
import { GlobalctlError, makeFolders } from '../../base/index.ts';
import { packageInvalid } from '../invalid.ts';
import { digestOf, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { Artifact } from '../oci/image.ts';
import { LONGEST_MANIFEST_BYTES, type Manifest } from '../oci/manifest.ts';
import { formatImageName } from '../oci/reference.ts';
import { signIndex } from '../signature/index.ts';
import { configsOf, parseConfig, platformsOf, type ConfigContent } from './configs.ts';
import {
  blobPath,
  CONTENTS_FILE,
  manifestsBelow,
  PACKAGE_FORMAT,
  packageAnnotations,
  REF_NAME,
  SIGNATURE_FILE,
  type PackagedImage,
} from './contents.ts';
import { architectureFaults } from './architecture.ts';
import { listContents } from './listing.ts';
import { writePackageFile, type PackageWriter } from './package-writer.ts';
import { memorySource, type ContentSource } from './source.ts';

export interface BuildOptions {
  readonly name: string;
  /** `amd64` or `arm64`, as in the file's name. */
  readonly architecture: string;
  readonly version: string;
  /** Images and charts held in memory. */
  readonly artifacts?: readonly Artifact[] | undefined;
  /** Where the rest comes from. Two that have different images under one name are refused. */
  readonly sources?: readonly ContentSource[] | undefined;
  /** Private key in PEM to sign with, and the name of its file for errors. */
  readonly signWith?: { readonly pem: string; readonly where: string } | undefined;
  /** File to write, usually `packageFileName(options)`; replaced in one step when complete. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** `cluster-api-provider-dcs.amd64.v1.0.16.tgz`: the guide's file shape. */
export function packageFileName(options: Pick<BuildOptions, 'name' | 'architecture' | 'version'>): string {
  return `${options.name}.${options.architecture}.${options.version}.tgz`;
}

/** Everything that goes in. */
interface Plan {
  readonly images: Map<string, PackagedImage>;
  readonly manifests: Map<string, Manifest>;
  /** Every blob, and the source that it is taken from. */
  readonly blobs: Map<string, { readonly descriptor: Descriptor; readonly source: ContentSource }>;
  readonly configs: Map<string, ConfigContent>;
}

/**
 * Writes a package: the head, the manifests and configs first, then every blob once. The same input gives the same bytes. Throws
 * PACKAGE_INVALID, PACKAGE_ARCHITECTURE, PACKAGE_SIGNATURE, FILE_UNWRITABLE and what reading a source throws; nothing is left then.
 */
export async function buildPackage(options: BuildOptions): Promise<void> {
  const plan = await makePlan(options);
  const signer = options.signWith && signIndex(options.signWith.pem, options.signWith.where);
  try {
    await makeFolders(dirname(options.path));
    await writePackageFile(options.path, options.signal, (writer) => fill(writer, { options, plan, signer }));
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `cannot write ${basename(options.path)}: ${error.message}`,
      subject: options.path,
      cause: error,
    });
  }
}

async function makePlan(options: BuildOptions): Promise<Plan> {
  const plan: Plan = { images: new Map(), manifests: new Map(), blobs: new Map(), configs: new Map() };
  for (const source of [memorySource(options.artifacts ?? []), ...(options.sources ?? [])]) {
    for (const image of source.images) {
      const label = formatImageName(image.name);
      if (!source.manifests.has(image.top.digest))
        throw packageInvalid(source.label, `it names the manifest ${image.top.digest} and does not hold it`);
      const other = plan.images.get(label);
      if (other && other.top.digest !== image.top.digest)
        throw packageInvalid(source.label, `another source has a different image under the name ${label}`, {
          found: `${other.top.digest} and ${image.top.digest}`,
        });
      if (!other) plan.images.set(label, image);
      for (const manifest of manifestsBelow(source, image.top)) addManifest(plan, manifest, source);
    }
    await readConfigs(plan, source);
  }
  const contents = { ...plan, images: [...plan.images.values()] };
  const [fault] = architectureFaults(
    { ...contents, path: options.path, architecture: undefined },
    plan.configs,
    options.architecture,
  );
  if (fault) throw fault;
  return plan;
}

function addManifest(plan: Plan, manifest: Manifest, source: ContentSource): void {
  for (const { digest } of manifest.manifests)
    if (!source.manifests.has(digest))
      throw packageInvalid(source.label, `it names the manifest ${digest} and does not hold it`);
  plan.manifests.set(manifest.descriptor.digest, manifest);
  for (const descriptor of manifest.blobs)
    if (!plan.blobs.has(descriptor.digest)) plan.blobs.set(descriptor.digest, { descriptor, source });
}

/** Configs are few and small, and tell the platforms; they are read first and written in front. */
async function readConfigs(plan: Plan, source: ContentSource): Promise<void> {
  const wanted = new Map(
    [...configsOf(plan.manifests.values())].filter(([digest]) => plan.blobs.get(digest)?.source === source),
  );
  await source.stream(wanted, async (descriptor, content) => {
    if (descriptor.size > LONGEST_MANIFEST_BYTES)
      throw packageInvalid(source.label, `the config ${descriptor.digest} is longer than 4 MiB`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    plan.configs.set(descriptor.digest, parseConfig(descriptor, Buffer.concat(chunks), source.label));
  });
}

interface Build {
  readonly options: BuildOptions;
  readonly plan: Plan;
  readonly signer: ReturnType<typeof signIndex> | undefined;
}

async function fill(writer: PackageWriter, { options, plan, signer }: Build): Promise<void> {
  const contents = { images: [...plan.images.values()], manifests: plan.manifests };
  const listing = Buffer.from(`${JSON.stringify(listContents(contents, plan.configs, options), null, 2)}\n`);
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: contents.images.map((image) => indexEntry(plan, image)),
      annotations: {
        [packageAnnotations.format]: String(PACKAGE_FORMAT),
        [packageAnnotations.name]: options.name,
        [packageAnnotations.architecture]: options.architecture,
        [packageAnnotations.version]: options.version,
        [packageAnnotations.contents]: digestOf(listing),
        ...(signer && { [packageAnnotations.signer]: signer.signer }),
      },
    }),
  );
  await writer.add('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  await writer.add('index.json', index);
  if (signer) await writer.add(SIGNATURE_FILE, signer.sign(index));
  await writer.add(CONTENTS_FILE, listing);
  for (const [digest, { bytes }] of plan.manifests) await writer.add(blobPath(digest), bytes);
  for (const [digest, { bytes }] of plan.configs) await writer.add(blobPath(digest), bytes);
  await addBlobs(writer, plan);
}

/** What index.json says of an image: also its platform, so that nobody has to open its config for that. */
function indexEntry(plan: Plan, { name, top, ...image }: PackagedImage): Descriptor {
  const config = plan.configs.get(plan.manifests.get(top.digest)?.config?.digest ?? '');
  const isImage = platformsOf(plan, { name, top, ...image }, plan.configs).length > 0;
  const platform = top.platform ?? (isImage ? config?.platform : undefined);
  const { mediaType, digest, size } = top;
  return { mediaType, digest, size, ...(platform && { platform }), annotations: { [REF_NAME]: formatImageName(name) } };
}

async function addBlobs(writer: PackageWriter, plan: Plan): Promise<void> {
  const bySource = new Map<ContentSource, Map<string, Descriptor>>();
  for (const [digest, { descriptor, source }] of plan.blobs)
    if (!plan.configs.has(digest)) {
      const wanted = bySource.get(source) ?? new Map<string, Descriptor>();
      bySource.set(source, wanted.set(digest, descriptor));
    }
  for (const [source, wanted] of bySource)
    await source.stream(wanted, (descriptor, content) =>
      writer.addStream(blobPath(descriptor.digest), content, {
        sizeBytes: descriptor.size,
        isCompressed: /[+.](gzip|zstd)$/.test(descriptor.mediaType),
      }),
    );
}
