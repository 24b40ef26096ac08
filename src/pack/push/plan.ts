import { manifestsBelow, type PackageContents, type PackagedImage } from '../layout/contents.ts';
import type { Surroundings } from './look-around.ts';

/** What a push will do for one image, in bytes of blobs. What several images share is sent with the first of them. */
export interface PlannedImage {
  readonly image: PackagedImage;
  /** `moves`: the tag stands for another manifest at the registry. */
  readonly state: 'present' | 'new' | 'moves';
  readonly sendBytes: number;
  /** Made visible from another repository, without being sent. */
  readonly mountBytes: number;
  /** In the image's repository already, or part of an upload that was broken off. */
  readonly skipBytes: number;
}

/** A push before anything moves. */
export interface PushPlan {
  readonly contents: PackageContents;
  readonly images: readonly PlannedImage[];
  readonly sendBytes: number;
  readonly mountBytes: number;
  readonly skipBytes: number;
}

/** Adds up what the surroundings ask for. Pure. */
export function planOf(contents: PackageContents, surroundings: Surroundings): PushPlan {
  const { present, moving, needs } = surroundings;
  const skipped = new Set(present);
  const placed = new Set<string>();
  const images = contents.images.map((image): PlannedImage => {
    const blobs = new Map(
      manifestsBelow(contents, image.top).flatMap(({ blobs }) => blobs.map((blob) => [blob.digest, blob] as const)),
    );
    const bytes = { sendBytes: 0, mountBytes: 0, skipBytes: 0 };
    for (const { digest, size } of blobs.values()) {
      const need = needs.get(digest);
      const { repository } = image.name;
      const place = `${repository}@${digest}`;
      if (skipped.has(image) || !need?.absent.has(repository) || placed.has(place)) bytes.skipBytes += size;
      else if (need.present.size > 0 || placed.has(digest)) bytes.mountBytes += size;
      else {
        const begunBytes = need.begun?.offset ?? 0;
        bytes.sendBytes += size - begunBytes;
        bytes.skipBytes += begunBytes;
      }
      if (need) placed.add(place).add(digest);
    }
    return { image, state: skipped.has(image) ? 'present' : moving.has(image) ? 'moves' : 'new', ...bytes };
  });
  const sum = (key: 'sendBytes' | 'mountBytes' | 'skipBytes'): number =>
    images.reduce((total, image) => total + image[key], 0);
  return {
    contents,
    images,
    sendBytes: sum('sendBytes'),
    mountBytes: sum('mountBytes'),
    skipBytes: sum('skipBytes'),
  };
}
