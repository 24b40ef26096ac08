import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { blobOf, mediaTypes, type Blob, type Descriptor, type Platform } from './descriptor.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import type { ImageName } from './reference.ts';
import { tarOf, type TarFile } from '../archive/index.ts';

/** Something that a registry holds under a name: its top manifest, every manifest below it, and their blobs. */
export interface Artifact {
  readonly name: ImageName;
  /** The manifest that the tag stands for. */
  readonly top: Descriptor;
  readonly manifests: readonly Manifest[];
  readonly blobs: readonly Blob[];
}

export interface ImageOptions {
  readonly name: ImageName;
  /** Content of its one layer. */
  readonly files: readonly TarFile[];
  readonly platform?: Platform | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Builds an image of one layer. The same input always gives the same digests: no times, sorted files. */
export async function createImage(options: ImageOptions): Promise<Artifact> {
  const { platform = { architecture: 'amd64', os: 'linux' } } = options;
  const layerTar = await tarOf(options.files);
  const layer = blobOf(mediaTypes.layer, gzipSync(layerTar));
  const config = blobOf(
    mediaTypes.config,
    JSON.stringify({
      ...platform,
      config: {
        ...(options.entrypoint && { Entrypoint: options.entrypoint }),
        ...(options.labels && { Labels: options.labels }),
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layerTar).digest('hex')}`] },
    }),
  );
  return artifactOf(options.name, config, [layer]);
}

/** Wraps a config and layers into an image manifest. */
export function artifactOf(
  name: ImageName,
  config: Blob,
  layers: readonly Blob[],
  annotations?: Readonly<Record<string, string>>,
): Artifact {
  const manifest = manifestOf(
    config.descriptor,
    layers.map((layer) => layer.descriptor),
    annotations,
  );
  return { name, top: manifest.descriptor, manifests: [manifest], blobs: [config, ...layers] };
}

/** The manifest of an image or artifact. */
export function manifestOf(
  config: Descriptor,
  layers: readonly Descriptor[],
  annotations?: Readonly<Record<string, string>>,
): Manifest {
  const content = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers,
    ...(annotations && { annotations }),
  };
  return parseManifest(Buffer.from(JSON.stringify(content)), 'manifest');
}
