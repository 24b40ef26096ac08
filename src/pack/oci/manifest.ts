import { GlobalctlError } from '../../base/index.ts';
import { digestOf, isDigest, manifestTypes, mediaTypes, type Descriptor } from './descriptor.ts';

/** A manifest is held in memory; registries refuse bigger ones (distribution's limit), and so does this reader. */
export const LONGEST_MANIFEST_BYTES = 4 * 1024 * 1024;

/** An image manifest or index, its bytes as they were written and what it points at. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Manifests that an index lists; empty for an image manifest. */
  readonly manifests: readonly Descriptor[];
  /** Config and layers of an image manifest; empty for an index. */
  readonly blobs: readonly Descriptor[];
  /** Media type of the config of an image manifest: tells charts from images. */
  readonly configType: string | undefined;
}

function invalid(where: string, message: string, found?: string): GlobalctlError {
  return new GlobalctlError('PACKAGE_INVALID', { message: `${where}: ${message}`, subject: where, found });
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function parseDescriptor(value: unknown, where: string): Descriptor {
  const raw = asRecord(value);
  const { mediaType, digest, size, platform, annotations } = raw ?? {};
  if (
    typeof mediaType !== 'string' ||
    !isDigest(digest) ||
    typeof size !== 'number' ||
    !Number.isSafeInteger(size) ||
    size < 0
  )
    throw invalid(
      where,
      'a descriptor lacks a usable mediaType, sha256 digest or size',
      JSON.stringify(value)?.slice(0, 200),
    );
  return {
    mediaType,
    digest,
    size,
    ...(asRecord(platform) && { platform: platform as Descriptor['platform'] }),
    ...(asRecord(annotations) && { annotations: annotations as Record<string, string> }),
  };
}

function parseDescriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(where, 'a list of descriptors is missing');
  return value.map((item) => parseDescriptor(item, where));
}

/** The JSON object in `bytes`. Throws PACKAGE_INVALID. */
export function parseJsonObject(bytes: Uint8Array, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw invalid(where, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const object = asRecord(value);
  if (!object) throw invalid(where, 'not a JSON object');
  return object;
}

/** Parses a manifest of the OCI or the Docker form. `mediaType` is what announced it, when something did. Throws PACKAGE_INVALID. */
export function parseManifest(bytes: Uint8Array, where: string, mediaType?: string): Manifest {
  if (bytes.length > LONGEST_MANIFEST_BYTES) throw invalid(where, 'a manifest of more than 4 MiB');
  const raw = parseJsonObject(bytes, where);
  const stated = typeof raw['mediaType'] === 'string' ? raw['mediaType'] : undefined;
  const guessed = Array.isArray(raw['manifests']) ? mediaTypes.index : mediaTypes.manifest;
  const type = stated ?? mediaType ?? guessed;
  if (!manifestTypes.includes(type)) throw invalid(where, 'a manifest of a type that is not supported', type);
  const descriptor: Descriptor = { mediaType: type, digest: digestOf(bytes), size: bytes.length };
  if (type === mediaTypes.index || type === mediaTypes.dockerList)
    return {
      descriptor,
      bytes,
      manifests: parseDescriptors(raw['manifests'], where),
      blobs: [],
      configType: undefined,
    };
  const config = parseDescriptor(raw['config'], where);
  const layers = parseDescriptors(raw['layers'], where);
  return { descriptor, bytes, manifests: [], blobs: [config, ...layers], configType: config.mediaType };
}
