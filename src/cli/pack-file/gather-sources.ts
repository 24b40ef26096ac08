import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GlobalctlError } from '../../base/index.ts';
import {
  chartArtifact,
  choosePlatform,
  fileSource,
  isChart,
  isDigest,
  memorySource,
  packChartFolder,
  parseImageName,
  readContents,
  registrySource,
  type ContentSource,
  type ImageName,
  type PackageContents,
  type PackagedImage,
  type RegistryClient,
} from '../../pack/index.ts';
import type { PackFile } from './read-pack-file.ts';

export interface GatherOptions {
  readonly signal: AbortSignal;
  /** The client of a registry that `docker://` or `oci://` names; closed by the caller. */
  readonly clientOf: (address: string) => Promise<RegistryClient>;
}

type ImageEntry = PackFile['images'][number];

/**
 * Opens everything that a pack.yaml names, in its order. Throws PACK_FILE_INVALID at the field for what cannot be told from what
 * stands there, and what reading a source throws.
 */
export async function gatherSources(file: PackFile, options: GatherOptions): Promise<ContentSource[]> {
  const sources: ContentSource[] = [];
  for (const [index, entry] of file.images.entries()) {
    const remote = parseRemote(entry.from);
    const at = ['images', index] as const;
    if (remote) sources.push(await remoteSource(file, { entry, at, remote, options }));
    else
      for (const from of await archivesAt(file, entry, at))
        sources.push(await localSource(file, { entry: { ...entry, from }, at, remote, options }));
  }
  for (const [index, { from, repository }] of file.charts.entries()) {
    const remote = parseRemote(from);
    const entry = { from, repository };
    sources.push(await (remote ? remoteSource : localChart)(file, { entry, at: ['charts', index], remote, options }));
  }
  return sources;
}

interface Entry {
  readonly entry: ImageEntry & { readonly repository?: string | undefined };
  readonly at: readonly [string, number];
  readonly remote: Remote | undefined;
  readonly options: GatherOptions;
}

interface Remote {
  readonly address: string;
  readonly repository: string;
  /** Tag or digest; undefined when neither is said. */
  readonly reference: string | undefined;
}

/** `docker://HOST/REPOSITORY:TAG`, as skopeo writes it, and `oci://`, as Helm does; undefined for a path. */
function parseRemote(from: string): Remote | undefined {
  const match = /^(?:docker|oci):\/\/([^/]+)\/([^@:]+)(?::([^@]+))?(?:@(.+))?$/.exec(from);
  return match ? { address: match[1] ?? '', repository: match[2] ?? '', reference: match[4] ?? match[3] } : undefined;
}

async function remoteSource(file: PackFile, { entry, at, remote, options }: Entry): Promise<ContentSource> {
  const name = remote && remoteName(entry, remote);
  if (!remote?.reference || !name)
    throw file.faultAt([...at, 'from'], {
      message: remote?.reference ? 'an image by its digest needs a name' : 'from says neither tag nor digest',
      expected: 'docker://REGISTRY/REPOSITORY:TAG, or a digest and name: REPOSITORY:TAG',
      found: entry.from,
    });
  const client = await options.clientOf(remote.address);
  const image = { repository: remote.repository, reference: remote.reference, name, platform: entry.platform };
  return registrySource(client, image, options.signal);
}

function remoteName(entry: Entry['entry'], { repository, reference }: Remote): ImageName | undefined {
  if (entry.name !== undefined) return parseImageName(entry.name);
  if (reference === undefined || isDigest(reference)) return undefined;
  return { repository: entry.repository ?? repository, tag: reference };
}

/** Archives of those forms that packages are read from, by their names. */
const ARCHIVE = /\.(tar|tgz|tar\.gz|tar\.zst)$/;

/** The paths that a path stands for: itself, or every archive in a folder that is no OCI layout. */
async function archivesAt(
  file: PackFile,
  { from, name, select }: ImageEntry,
  at: Entry['at'],
): Promise<readonly string[]> {
  const names = await readdir(resolve(file.folder, from)).catch(() => undefined);
  // What is no folder is read, or is missed, as the file that it should be.
  if (!names || names.includes('index.json')) return [from];
  const archives = names.filter((each) => ARCHIVE.test(each)).sort();
  const found = names.sort().slice(0, 8).join(', ') || 'an empty folder';
  if (archives.length === 0)
    throw file.faultAt([...at, 'from'], {
      message: `${from} holds neither an OCI layout nor archives`,
      expected: 'index.json, or files that end in .tar, .tgz, .tar.gz or .tar.zst',
      found,
    });
  if (name !== undefined || select !== undefined)
    throw file.faultAt([...at, name === undefined ? 'select' : 'name'], {
      message: `${from} is a folder of archives, of which all is taken as it is called there`,
      expected: 'an entry of its own for the archive that holds it',
      found,
    });
  return archives.map((each) => join(from, each));
}

async function localSource(file: PackFile, { entry, at }: Entry): Promise<ContentSource> {
  const contents = await open(file, [...at, 'from'], entry.from, () => readContents(resolve(file.folder, entry.from)));
  const { select } = entry;
  let images = contents.images.filter((image) => select === undefined || labelOf(image) === select);
  if (images.length === 0 && select === undefined && entry.name !== undefined && contents.unnamed.length === 1)
    images = contents.unnamed.map(({ top }) => ({
      name: { repository: '', tag: '' },
      top,
      kind: isChart(contents, top) ? 'chart' : 'image',
      platforms: [],
    }));
  const found = [
    ...contents.images.map(labelOf),
    ...contents.unnamed.map(({ said }) => said ?? 'an image without a name'),
  ];
  if (images.length === 0)
    throw file.faultAt([...at, select === undefined ? 'from' : 'select'], {
      message:
        select === undefined ? `${entry.from} holds no image that has a name` : `${entry.from} does not hold ${select}`,
      expected: select === undefined ? 'name: REPOSITORY:TAG beside from, for one image' : 'one of its images',
      found: found.slice(0, 8).join(', '),
    });
  if (entry.name !== undefined && images.length > 1)
    throw file.faultAt([...at, 'name'], {
      message: `${entry.from} holds ${String(images.length)} images, and one name cannot stand for all`,
      expected: 'select beside name',
      found: found.slice(0, 8).join(', '),
    });
  return fileSource(
    contents,
    images.map((image) => rename(contents, image, entry)),
  );
}

function rename(contents: PackageContents, image: PackagedImage, { name, platform }: ImageEntry): PackagedImage {
  const label = contents.path;
  const top =
    platform === undefined || image.kind === 'chart'
      ? image.top
      : choosePlatform({ label, manifests: contents.manifests }, image.top, platform);
  const named = (name === undefined ? undefined : parseImageName(name)) ?? image.name;
  return { ...image, name: named, top, platforms: top === image.top ? image.platforms : [] };
}

async function localChart(file: PackFile, { entry, at }: Entry): Promise<ContentSource> {
  const path = resolve(file.folder, entry.from);
  const artifact = await open(file, [...at, 'from'], entry.from, async () => {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    return chartArtifact(entry.repository, isFolder ? await packChartFolder(path) : await readFile(path), path);
  });
  return memorySource([artifact], path);
}

/** A file that is not there is a fault of the field that names it. */
async function open<T>(
  file: PackFile,
  at: readonly (string | number)[],
  from: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isAbsent =
      error instanceof GlobalctlError ? error.code === 'FILE_UNREADABLE' : error instanceof Error && 'syscall' in error;
    if (!isAbsent) throw error;
    const reason = error instanceof Error ? error.message : '';
    throw file.faultAt(at, { message: `${from} cannot be read: ${reason}`, cause: error });
  }
}

function labelOf({ name }: PackagedImage): string {
  return `${name.repository}:${name.tag}`;
}
