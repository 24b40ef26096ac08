import { once } from '../archive/index.ts';
import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { Artifact } from '../oci/image.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { PackageContents, PackagedImage } from './contents.ts';
import { streamBlobs, type TakeBlob } from './stream.ts';

/** Where the content of a package that is built comes from. */
export interface ContentSource {
  /** What it is called in errors. */
  readonly label: string;
  readonly images: readonly PackagedImage[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Hands over blobs, verified; `take` reads each to its end before the next one comes. */
  stream(wanted: ReadonlyMap<string, Descriptor>, take: TakeBlob): Promise<void>;
}

/** A file or folder that was read; `images` are those of it that are wanted, under the names that they are to have. */
export function fileSource(contents: PackageContents, images = contents.images): ContentSource {
  const { path: label, manifests } = contents;
  return { label, images, manifests, stream: (wanted, take) => streamBlobs(contents, wanted, take) };
}

/** Images and charts held in memory. */
export function memorySource(artifacts: readonly Artifact[], label = 'memory'): ContentSource {
  const manifests = new Map(artifacts.flatMap((artifact) => artifact.manifests.map((m) => [m.descriptor.digest, m])));
  const blobs = new Map(artifacts.flatMap((artifact) => artifact.blobs.map((b) => [b.descriptor.digest, b.bytes])));
  return {
    label,
    manifests,
    images: artifacts.map(({ name, top }) => ({
      name,
      top,
      kind: manifests.get(top.digest)?.configType === mediaTypes.chartConfig ? 'chart' : 'image',
      platforms: [],
    })),
    stream: async (wanted, take) => {
      for (const [digest, bytes] of blobs) {
        const descriptor = wanted.get(digest);
        if (descriptor) await take(descriptor, once(bytes));
      }
    },
  };
}
