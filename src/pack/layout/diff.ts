import type { Descriptor } from '../oci/descriptor.ts';
import { formatImageName } from '../oci/reference.ts';
import type { PackageContents, PackagedImage } from './contents.ts';
import { bytesOf, contentOf } from './listing.ts';

export interface ImageChange {
  readonly name: string;
  readonly kind: 'image' | 'chart';
  readonly change: 'added' | 'removed' | 'changed';
  /** Digest in the first package, unless it was added. */
  readonly from: string | undefined;
  /** Digest in the second package, unless it was removed. */
  readonly to: string | undefined;
  /** Bytes that the second package holds for it and the first does not hold at all. */
  readonly newBytes: number;
}

export interface PackageDiff {
  readonly changes: readonly ImageChange[];
  readonly unchanged: number;
  readonly newBlobs: number;
  /** Manifests and blobs that only the second package holds: what a registry with the first still needs. */
  readonly newBytes: number;
  readonly goneBlobs: number;
  readonly goneBytes: number;
}

/** What differs from package `a` to package `b`, by names and digests. */
export function diffPackages(a: PackageContents, b: PackageContents): PackageDiff {
  const [before, after] = [byName(a), byName(b)];
  const [old, fresh] = [allOf(a), allOf(b)];
  const isNew = ({ digest }: Descriptor): boolean => !old.has(digest);
  const changes: ImageChange[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [from, to] = [before.get(name), after.get(name)];
    const kind = (to ?? from)?.kind ?? 'image';
    if (from?.top.digest === to?.top.digest) continue;
    changes.push({
      name,
      kind,
      change: from && to ? 'changed' : to ? 'added' : 'removed',
      from: from?.top.digest,
      to: to?.top.digest,
      newBytes: to ? bytesOf([...contentOf(b, to.top).values()].filter(isNew)) : 0,
    });
  }
  const added = [...fresh.values()].filter(isNew);
  const gone = [...old.values()].filter(({ digest }) => !fresh.has(digest));
  return {
    changes,
    unchanged: [...after].filter(([name, image]) => before.get(name)?.top.digest === image.top.digest).length,
    newBlobs: added.length,
    newBytes: bytesOf(added),
    goneBlobs: gone.length,
    goneBytes: bytesOf(gone),
  };
}

function byName(contents: PackageContents): Map<string, PackagedImage> {
  return new Map(contents.images.map((image) => [formatImageName(image.name), image]));
}

function allOf(contents: PackageContents): Map<string, Descriptor> {
  return new Map(contents.images.flatMap((image) => [...contentOf(contents, image.top)]));
}
