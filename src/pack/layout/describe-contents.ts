import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { GlobalctlError } from '../../base/index.ts';
import { packageInvalid } from '../invalid.ts';
import { digestOf, formatPlatform, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { parseImageName } from '../oci/reference.ts';
import {
  manifestsBelow,
  PACKAGE_FORMAT,
  packageAnnotations,
  REF_NAME,
  type PackageContents,
  type PackagedImage,
} from './contents.ts';
import { readDockerArchive, type ArchiveTable } from './docker-archive.ts';
import { archiveEntries } from './files.ts';
import type { ManifestTree } from './manifest-tree.ts';
import { imageNameOf, statedName } from './name-image.ts';

/** What was found of a layout. */
export interface LayoutParts {
  readonly tree: ManifestTree;
  contentsFile: Uint8Array | undefined;
  signature: Uint8Array | undefined;
}

/** The contents of an OCI layout, ours or another's. Throws PACKAGE_INVALID for a format that is not known, and for names. */
export function describeLayout(path: string, { tree, contentsFile, signature }: LayoutParts): PackageContents {
  const { annotations, manifests } = tree;
  const format = annotations[packageAnnotations.format];
  if (format !== undefined && Number(format) !== PACKAGE_FORMAT)
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${path}: a package of a format that is not understood`,
      subject: path,
      expected: `format ${String(PACKAGE_FORMAT)}`,
      found: format,
      hint: 'Use a newer globalctl.',
    });
  const isPackage = format !== undefined;
  const named: { top: Descriptor; said: string | undefined; name: PackagedImage['name'] | undefined }[] = [];
  for (const top of tree.tops) {
    const said = isPackage ? top.annotations?.[REF_NAME] : statedName(top.annotations, REF_NAME);
    const name = said === undefined ? undefined : isPackage ? parseImageName(said) : imageNameOf(said);
    // What is said of another manifest in here goes along with that one and needs no name.
    const subject = manifests.get(top.digest)?.subject;
    if (!name && subject && manifests.has(subject.digest)) continue;
    named.push({ top, said, name });
  }
  return assemble({
    path,
    form: isPackage ? 'package' : 'layout',
    name: annotations[packageAnnotations.name],
    architecture: annotations[packageAnnotations.architecture],
    version: annotations[packageAnnotations.version],
    named,
    manifests,
    holes: tree.missing,
    places: new Map(),
    index: tree.index,
    contentsFile,
    signature,
    signer: annotations[packageAnnotations.signer],
  });
}

type Found = Omit<PackageContents, 'images' | 'unnamed' | 'blobs'> & {
  readonly named: readonly {
    readonly top: Descriptor;
    readonly said: string | undefined;
    readonly name: PackagedImage['name'] | undefined;
  }[];
};

function assemble({ named, ...found }: Found): PackageContents {
  const images = new Map<string, PackagedImage>();
  for (const { top, name } of named) {
    if (!name) continue;
    const label = `${name.repository}:${name.tag}`;
    const other = images.get(label);
    if (other && other.top.digest !== top.digest)
      throw packageInvalid(found.path, `two different images are called ${label}`, {
        found: `${other.top.digest} and ${top.digest}`,
      });
    const below = manifestsBelow(found, top);
    const platforms = [top, ...below.flatMap((manifest) => manifest.manifests)].map((d) => formatPlatform(d.platform));
    images.set(label, {
      name,
      top,
      kind: below.some((manifest) => manifest.configType === mediaTypes.chartConfig) ? 'chart' : 'image',
      platforms: [...new Set(platforms.filter((platform) => platform !== undefined))],
    });
  }
  const blobs = new Map<string, Descriptor>();
  for (const manifest of found.manifests.values()) for (const blob of manifest.blobs) blobs.set(blob.digest, blob);
  const unnamed = named.filter(({ name }) => !name).map(({ top, said }) => ({ top, said }));
  return { ...found, images: [...images.values()], unnamed, blobs };
}

/** What only packages and layouts have. */
const NO_LAYOUT = {
  name: undefined,
  architecture: undefined,
  version: undefined,
  holes: [],
  index: undefined,
  contentsFile: undefined,
  signature: undefined,
  signer: undefined,
} as const;

/** The images of a `docker save` archive. */
export async function describeDockerArchive(path: string, table: ArchiveTable): Promise<PackageContents> {
  const { tops, manifests, places } = await readDockerArchive(path, table, async (wanted) => {
    const digests = new Map<string, string>();
    for await (const { path: name, content } of archiveEntries(path)) {
      if (!wanted.has(name)) continue;
      const hash = createHash('sha256');
      for await (const chunk of content) hash.update(chunk);
      digests.set(name, `sha256:${hash.digest('hex')}`);
    }
    return digests;
  });
  return assemble({ ...NO_LAYOUT, path, form: 'docker-archive', named: tops, manifests, places });
}

/** A chart by itself, under its own name: the bytes of the file are the layer of its artifact. */
export async function describeChart(path: string): Promise<PackageContents> {
  // Only charts need a parser of YAML.
  const { chartArtifact, LONGEST_CHART_BYTES } = await import('../oci/chart.ts');
  if ((await stat(path)).size > LONGEST_CHART_BYTES) throw packageInvalid(path, 'a chart of more than 100 MiB');
  const bytes = await readFile(path);
  const artifact = await chartArtifact(undefined, bytes, path);
  return assemble({
    ...NO_LAYOUT,
    path,
    form: 'chart',
    named: [{ top: artifact.top, said: undefined, name: artifact.name }],
    manifests: new Map(artifact.manifests.map((manifest) => [manifest.descriptor.digest, manifest])),
    places: new Map(artifact.blobs.map((blob) => [digestOf(blob.bytes), blob.bytes])),
  });
}
