import { GlobalctlError } from '../../base/index.ts';
import { once, quoted, type TarEntry } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { collectContent, formatPlatform } from '../oci/descriptor.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, textsOf } from '../oci/manifest.ts';
import {
  blobPath,
  CONTENTS_FILE,
  digestOfPath,
  packageAnnotations,
  REF_NAME,
  SIGNATURE_FILE,
  type PackageContents,
} from './contents.ts';
import { describeChart, describeDockerArchive, describeLayout, type LayoutParts } from './describe-contents.ts';
import { ArchiveTable } from './docker-archive.ts';
import { archiveEntries, isFolder, readLayoutFile } from './files.ts';
import { ManifestTree } from './manifest-tree.ts';

const LONGEST_CONTENTS_BYTES = 64 * 1024 * 1024;
const LONGEST_SIGNATURE_BYTES = 1024;

/**
 * Reads what a package holds, and demands that all of it has a name and every manifest is there, as pushing needs it. Throws
 * FILE_UNREADABLE, PACKAGE_INVALID or PACKAGE_DIGEST_MISMATCH.
 */
export async function readPackage(path: string): Promise<PackageContents> {
  const contents = await readContents(path);
  const [hole] = contents.holes;
  if (hole)
    throw packageInvalid(path, `it names the manifest ${hole.digest} and does not hold it`, {
      ...(hole.platform && {
        found: `no image for ${formatPlatform(hole.platform) ?? 'an unknown platform'}`,
        hint: 'Make a package of one platform of it: globalctl pack build, with platform beside from.',
      }),
    });
  if (contents.images.length + contents.unnamed.length === 0)
    throw packageInvalid(path, 'it holds no images and no charts');
  const [nameless] = contents.unnamed;
  if (nameless)
    throw packageInvalid(path, `an entry of index.json has no usable name (annotation ${REF_NAME}, REPOSITORY:TAG)`, {
      found: nameless.said === undefined ? 'no name' : quoted(nameless.said),
      hint: 'Give it one: globalctl pack build, with name beside from.',
    });
  return contents;
}

/**
 * Reads what a file or folder holds: a package, an OCI image layout (folder, or tar plain, gzip or zstd), a `docker save`
 * archive, or a chart as `helm package` writes it. Of our own packages only the head is read, of another archive all of
 * it, once. Throws FILE_UNREADABLE, PACKAGE_INVALID or PACKAGE_DIGEST_MISMATCH.
 */
export async function readContents(path: string): Promise<PackageContents> {
  return (await isFolder(path)) ? readFolder(path) : readArchive(path);
}

/** Our own packages have index.json in the second place. */
const FIRST_ENTRIES = 8;

/**
 * What the head of one of our packages says; undefined for a file in any other form, of which no more than the beginning is
 * read. Throws FILE_UNREADABLE, and what is wrong with the head of a package that is in our form.
 */
export async function readPackageHead(path: string): Promise<PackageContents | undefined> {
  return (await isFolder(path)) || !(await beginsAsPackage(path)) ? undefined : readArchive(path);
}

async function beginsAsPackage(path: string): Promise<boolean> {
  try {
    let count = 0;
    for await (const entry of archiveEntries(path)) {
      if (entry.path === 'index.json') {
        const index = parseJsonObject(await collect(path, entry, LONGEST_MANIFEST_BYTES), path);
        return textsOf(index['annotations'])[packageAnnotations.format] !== undefined;
      }
      if (++count === FIRST_ENTRIES) break;
    }
  } catch (error) {
    if (!(error instanceof GlobalctlError) || error.code !== 'PACKAGE_INVALID') throw error;
  }
  return false;
}

async function readFolder(path: string): Promise<PackageContents> {
  const index = await readLayoutFile(path, 'index.json', LONGEST_MANIFEST_BYTES);
  if (!index)
    throw packageInvalid(path, 'is no package', {
      expected: 'the folder of an OCI image layout',
      found: 'no index.json in it',
    });
  const tree = new ManifestTree(path);
  tree.acceptIndex(index);
  const holes = new Set<string>();
  for (let missing = tree.missing; missing.length > 0; missing = tree.missing.filter((d) => !holes.has(d.digest)))
    for (const descriptor of missing) {
      const bytes = await readLayoutFile(path, blobPath(descriptor.digest), LONGEST_MANIFEST_BYTES);
      if (bytes) tree.offer(descriptor.digest, await collectContent(once(bytes), descriptor, path));
      else holes.add(descriptor.digest);
    }
  return describeLayout(path, {
    tree,
    contentsFile: await readLayoutFile(path, CONTENTS_FILE, LONGEST_CONTENTS_BYTES),
    signature: await readLayoutFile(path, SIGNATURE_FILE, LONGEST_SIGNATURE_BYTES),
  });
}

async function readArchive(path: string): Promise<PackageContents> {
  const tree = new ManifestTree(path);
  const parts: LayoutParts = { tree, contentsFile: undefined, signature: undefined };
  const table = new ArchiveTable(path);
  const seen = new Set<string>();
  let firstLink: string | undefined;
  for await (const entry of archiveEntries(path)) {
    refuseTwice(path, seen, entry);
    if (entry.link) firstLink ??= entry.path;
    await readEntry({ path, parts, table, entry });
    if (isWhole(parts)) break;
  }
  if (tree.index) {
    if (firstLink !== undefined) throw linkRefused(path, firstLink);
    return describeLayout(path, parts);
  }
  if (table.files.has('manifest.json')) return describeDockerArchive(path, table);
  if ([...table.files.keys()].some((name) => /^[^/]+\/Chart\.yaml$/.test(name))) return describeChart(path);
  const isCorePackage = table.files.has('installer/setup.sh');
  throw packageInvalid(path, 'not a package: it holds no index.json', {
    expected: 'index.json (OCI layout), manifest.json (docker save) or CHART/Chart.yaml (helm package)',
    found: [...seen].slice(0, 3).map(quoted).join(', ') || 'an empty archive',
    hint: isCorePackage ? 'It is a Core Package: unpack it, as step 2 of the guide says.' : undefined,
  });
}

/** Paths that mean something may occur once: of two, different readers would take different ones. */
export function refuseTwice(path: string, seen: Set<string>, entry: TarEntry): void {
  if (seen.has(entry.path)) throw packageInvalid(path, `it holds ${quoted(entry.path)} twice`);
  seen.add(entry.path);
}

export function linkRefused(path: string, link: string): Error {
  return packageInvalid(path, `it holds a link, ${quoted(link)}`, { expected: 'regular files only' });
}

interface EntryReading {
  readonly path: string;
  readonly parts: LayoutParts;
  readonly table: ArchiveTable;
  readonly entry: TarEntry;
}

/** Keeps what an entry says if it is part of the head of a layout, and notes it as a file else. */
async function readEntry({ path, parts, table, entry }: EntryReading): Promise<void> {
  const { tree } = parts;
  const digest = entry.link ? undefined : digestOfPath(entry.path);
  if (entry.link) await table.note(entry);
  else if (entry.path === 'index.json') tree.acceptIndex(await collect(path, entry, LONGEST_MANIFEST_BYTES));
  else if (entry.path === CONTENTS_FILE) parts.contentsFile = await collect(path, entry, LONGEST_CONTENTS_BYTES);
  else if (entry.path === SIGNATURE_FILE) parts.signature = await collect(path, entry, LONGEST_SIGNATURE_BYTES);
  else if (digest !== undefined && tree.mayUse(digest, entry.sizeBytes)) {
    const expected = tree.wanted(digest) ?? { mediaType: '', digest, size: entry.sizeBytes };
    const bytes = await collectContent(entry.content, expected, path);
    tree.offer(digest, bytes);
    await table.note({ ...entry, content: once(bytes) });
  } else await table.note(entry);
}

async function collect(path: string, entry: TarEntry, most: number): Promise<Buffer> {
  if (entry.sizeBytes > most)
    throw packageInvalid(path, `${entry.path} is longer than ${String(most / 1024 / 1024)} MiB`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Whether everything has been read that index.json names, so that the rest need not be looked at. */
function isWhole({ tree, contentsFile, signature }: LayoutParts): boolean {
  if (!tree.isComplete) return false;
  const { annotations } = tree;
  return (
    (annotations[packageAnnotations.contents] === undefined || contentsFile !== undefined) &&
    (annotations[packageAnnotations.signer] === undefined || signature !== undefined)
  );
}
