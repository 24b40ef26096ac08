import { posix } from 'node:path';
import { GlobalctlError } from '../../base/index.ts';
import { compressionOf, quoted, type Compression, type TarEntry } from '../archive/index.ts';
import { packageInvalid } from '../invalid.ts';
import { blobOf, digestOf, isDigest, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { manifestOf } from '../oci/image.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, parsePlatform, type Manifest } from '../oci/manifest.ts';
import type { ImageName } from '../oci/reference.ts';
import { imageNameOf } from './name-image.ts';

/** Of manifest.json and the configs of all images together. */
const MOST_JSON_BYTES = 64 * 1024 * 1024;
const MOST_HOPS = 8;

interface FileOfArchive {
  readonly sizeBytes: number;
  readonly compression: Compression;
  /** All of a small JSON file. */
  readonly json: Uint8Array | undefined;
}

/** An image of manifest.json, as the Docker image specification 1.2 describes it. */
interface ImageRow {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null | undefined;
  readonly Layers: readonly string[];
}

/** The files of an archive by path: what is needed to tell whether `docker save` wrote it, and to read it then. */
export class ArchiveTable {
  readonly files = new Map<string, FileOfArchive>();
  readonly #links = new Map<string, string>();
  readonly #where: string;
  #jsonBytes = 0;

  constructor(where: string) {
    this.#where = where;
  }

  /** Notes an entry; reads its beginning, and all of a small JSON file. */
  async note({ path, sizeBytes, link, content }: TarEntry): Promise<void> {
    if (link) {
      const from = link.kind === 'symbolic' ? posix.dirname(path) : '.';
      this.#links.set(path, posix.normalize(posix.join(link.target.startsWith('/') ? '/' : from, link.target)));
      return;
    }
    const chunks: Uint8Array[] = [];
    let isJson = false;
    for await (const chunk of content) {
      if (chunks.length === 0) isJson = sizeBytes <= LONGEST_MANIFEST_BYTES && (chunk[0] === 0x7b || chunk[0] === 0x5b);
      chunks.push(chunk);
      if (!isJson) break;
    }
    if (isJson) this.#jsonBytes += sizeBytes;
    if (this.#jsonBytes > MOST_JSON_BYTES) throw packageInvalid(this.#where, 'it holds more than 64 MiB of JSON files');
    this.files.set(path, {
      sizeBytes,
      compression: compressionOf(chunks[0] ?? new Uint8Array(0)),
      json: isJson ? Buffer.concat(chunks) : undefined,
    });
  }

  /** The regular file that a path stands for, through the links that `docker save` writes for layers that images share. */
  resolve(path: string): { readonly path: string; readonly file: FileOfArchive } {
    let at = posix.normalize(path);
    for (let hop = 0; hop <= MOST_HOPS; hop++) {
      if (at.startsWith('/') || at.split('/')[0] === '..')
        throw packageInvalid(this.#where, `${quoted(path)} leads out of the archive`, { found: quoted(at) });
      const file = this.files.get(at);
      if (file) return { path: at, file };
      const target = this.#links.get(at);
      if (target === undefined)
        throw packageInvalid(
          this.#where,
          `manifest.json names the file ${quoted(path)} and the archive does not hold it`,
        );
      at = target;
    }
    throw packageInvalid(this.#where, `the link ${quoted(path)} leads round in a circle`);
  }
}

/** The images of a `docker save` archive as OCI images. */
export interface DockerArchive {
  readonly tops: readonly {
    readonly top: Descriptor;
    readonly name: ImageName | undefined;
    readonly said: string | undefined;
  }[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Path in the archive of each blob. */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Reads what `docker save` (and podman, skopeo, kaniko) wrote: manifest.json, a config for each image, layers as tars. The
 * manifest of an OCI image is made for each; config and layers keep their bytes, so the image keeps its id. `hashFiles` answers
 * the digests of files: it is asked only for compressed layers, those of the others stand in the config. Throws PACKAGE_INVALID.
 */
export async function readDockerArchive(
  where: string,
  table: ArchiveTable,
  hashFiles: (paths: ReadonlySet<string>) => Promise<ReadonlyMap<string, string>>,
): Promise<DockerArchive> {
  const entries = parseManifestFile(where, table);
  const compressed = new Set<string>();
  for (const layer of entries.flatMap((entry) => entry.Layers)) {
    const { path, file } = table.resolve(layer);
    if (file.compression !== 'none') compressed.add(path);
  }
  const digests = compressed.size > 0 ? await hashFiles(compressed) : new Map<string, string>();
  const tops: DockerArchive['tops'][number][] = [];
  const manifests = new Map<string, Manifest>();
  const places = new Map<string, string>();
  for (const entry of entries) {
    const config = readConfig(where, table, entry.Config);
    if (config.diffIds.length !== entry.Layers.length)
      throw packageInvalid(
        where,
        `the config ${quoted(entry.Config)} and manifest.json differ in the number of layers`,
        {
          expected: `${String(config.diffIds.length)} layers`,
          found: `${String(entry.Layers.length)} layers`,
        },
      );
    const configBlob = blobOf(mediaTypes.config, config.bytes);
    places.set(configBlob.descriptor.digest, config.path);
    const layers = entry.Layers.map((layer, index): Descriptor => {
      const { path, file } = table.resolve(layer);
      const digest = digests.get(path) ?? config.diffIds[index] ?? '';
      places.set(digest, path);
      const suffix = file.compression === 'none' ? '' : `+${file.compression}`;
      return { mediaType: `${mediaTypes.plainLayer}${suffix}`, digest, size: file.sizeBytes };
    });
    const manifest = manifestOf(configBlob.descriptor, layers);
    manifests.set(manifest.descriptor.digest, manifest);
    const top = { ...manifest.descriptor, ...(config.platform && { platform: config.platform }) };
    const tags = entry.RepoTags ?? [];
    for (const said of tags.length > 0 ? tags : [undefined])
      tops.push({ top, said, name: said === undefined ? undefined : imageNameOf(said) });
  }
  return { tops, manifests, places };
}

function parseManifestFile(where: string, table: ArchiveTable): readonly ImageRow[] {
  const text = Buffer.from(table.files.get('manifest.json')?.json ?? '').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every(isImageRow))
    throw packageInvalid(where, 'its manifest.json is not that of docker save', {
      expected: 'a list of images, each with Config, RepoTags and Layers',
    });
  return value;
}

// By hand: a schema library takes longer to load than most packages take to read.
function isImageRow(value: unknown): value is ImageRow {
  if (typeof value !== 'object' || value === null) return false;
  const { Config, RepoTags, Layers } = value as Partial<Record<keyof ImageRow, unknown>>;
  return typeof Config === 'string' && isTextList(Layers) && (RepoTags == null || isTextList(RepoTags));
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readConfig(where: string, table: ArchiveTable, name: string) {
  const { path, file } = table.resolve(name);
  if (!file.json) throw packageInvalid(where, `the config ${quoted(name)} is no JSON of at most 4 MiB`);
  const config = parseJsonObject(file.json, `${where}: ${name}`);
  const diffIds = (config['rootfs'] as { readonly diff_ids?: unknown } | null | undefined)?.diff_ids;
  if (!isTextList(diffIds) || !diffIds.every(isDigest))
    throw packageInvalid(where, `the config ${quoted(name)} lists no layers (rootfs.diff_ids)`);
  const stated = /([0-9a-f]{64})(\.json)?$/.exec(name)?.[1];
  const found = digestOf(file.json);
  if (stated !== undefined && found !== `sha256:${stated}`)
    throw new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
      message: `${where}: the config ${quoted(name)} holds other content than its name says`,
      subject: where,
      expected: `sha256:${stated}`,
      found,
    });
  return { path, bytes: file.json, diffIds, platform: parsePlatform(config) };
}
