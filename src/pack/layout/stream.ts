import { once } from '../archive/index.ts';
import { archiveEntries, isFolder, openLayoutFile } from './files.ts';
import { blobPath, type PackageContents } from './contents.ts';
import { linkRefused, readPackage, refuseTwice } from './read.ts';
import { packageInvalid } from '../invalid.ts';
import { verifyContent, type Descriptor } from '../oci/descriptor.ts';

export type TakeBlob = (descriptor: Descriptor, content: AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Streams the blobs of `wanted` in the order in which the package holds them, in flat memory; `take` must read each to its
 * end. Content is verified as it passes. Stops after the last wanted one. Of a path the head is read first: hand in what
 * `readPackage` answered where it is at hand. Throws PACKAGE_INVALID when the package does not hold one of them, and
 * PACKAGE_DIGEST_MISMATCH.
 */
export async function streamBlobs(
  source: string | PackageContents,
  wanted: ReadonlyMap<string, Descriptor>,
  take: TakeBlob,
): Promise<void> {
  if (wanted.size === 0) return;
  const contents = typeof source === 'string' ? await readPackage(source) : source;
  const { path, places } = contents;
  const byPath = new Map<string, Descriptor>();
  for (const descriptor of wanted.values()) {
    const place = places.get(descriptor.digest) ?? blobPath(descriptor.digest);
    if (typeof place === 'string') byPath.set(place, descriptor);
    else await take(descriptor, verifyContent(once(place), descriptor, path));
  }
  if (byPath.size === 0) return;
  if (await isFolder(path)) await streamFolder(path, byPath, take);
  else await streamArchive(contents, byPath, take);
}

function holeIn(path: string, digest: string): Error {
  return packageInvalid(path, `it names the blob ${digest} and does not hold it`);
}

async function streamFolder(folder: string, wanted: ReadonlyMap<string, Descriptor>, take: TakeBlob): Promise<void> {
  for (const [path, descriptor] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content = await openLayoutFile(folder, path);
    if (!content) throw holeIn(folder, descriptor.digest);
    await take(descriptor, verifyContent(content, descriptor, folder));
  }
}

async function streamArchive(
  { path, form }: PackageContents,
  wanted: Map<string, Descriptor>,
  take: TakeBlob,
): Promise<void> {
  const seen = new Set<string>();
  for await (const entry of archiveEntries(path)) {
    refuseTwice(path, seen, entry);
    if (entry.link && form !== 'docker-archive') throw linkRefused(path, entry.path);
    const descriptor = entry.link ? undefined : wanted.get(entry.path);
    if (!descriptor) continue;
    wanted.delete(entry.path);
    await take(descriptor, verifyContent(entry.content, descriptor, path));
    if (wanted.size === 0) return;
  }
  for (const { digest } of wanted.values()) throw holeIn(path, digest);
}
