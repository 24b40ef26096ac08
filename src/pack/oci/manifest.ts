import { packageInvalid } from '../invalid.ts';
import { digestOf, isDigest, manifestTypes, mediaTypes, type Descriptor, type Platform } from './descriptor.ts';

/** A manifest is held in memory; registries refuse bigger ones (distribution's limit), and so does this reader. */
export const LONGEST_MANIFEST_BYTES = 4 * 1024 * 1024;

/** An image manifest or index, its bytes as they were written and what it points at. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Manifests that an index lists; empty for an image manifest. */
  readonly manifests: readonly Descriptor[];
  /** Config and layers of an image manifest that travel with it; empty for an index. */
  readonly blobs: readonly Descriptor[];
  /** Layers that may not be passed on: whoever runs the image fetches them from the addresses that they carry. */
  readonly foreign: readonly Descriptor[];
  readonly config: Descriptor | undefined;
  /** The manifest that this one says something about: a signature, a list of contents. */
  readonly subject: Descriptor | undefined;
  /** Media type of the config of an image manifest: tells charts from images. */
  readonly configType: string | undefined;
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
    throw packageInvalid(where, 'a descriptor lacks a usable mediaType, sha256 digest or size', {
      found: JSON.stringify(value)?.slice(0, 200),
    });
  return {
    mediaType,
    digest,
    size,
    ...(asRecord(platform) && { platform: parsePlatform(platform) }),
    ...(asRecord(annotations) && { annotations: textsOf(annotations) }),
  };
}

/** `os`, `architecture` and `variant` of a descriptor's platform or of an image's config; undefined when they are not said. */
export function parsePlatform(value: unknown): Platform | undefined {
  const { os, architecture, variant } = asRecord(value) ?? {};
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) };
}

/** Those values of an object that are texts. */
export function textsOf(value: unknown): Record<string, string> {
  const pairs = Object.entries(asRecord(value) ?? {});
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function parseDescriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw packageInvalid(where, 'a list of descriptors is missing');
  return value.map((item) => parseDescriptor(item, where));
}

/** The JSON object in `bytes`. Throws PACKAGE_INVALID. */
export function parseJsonObject(bytes: Uint8Array, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw packageInvalid(where, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const object = asRecord(value);
  if (!object) throw packageInvalid(where, 'not a JSON object');
  return object;
}

/** Parses a manifest of the OCI or the Docker form. `mediaType` is what announced it, when something did. Throws PACKAGE_INVALID. */
export function parseManifest(bytes: Uint8Array, where: string, mediaType?: string): Manifest {
  if (bytes.length > LONGEST_MANIFEST_BYTES) throw packageInvalid(where, 'a manifest of more than 4 MiB');
  const raw = parseJsonObject(bytes, where);
  const stated = typeof raw['mediaType'] === 'string' ? raw['mediaType'] : undefined;
  const guessed = Array.isArray(raw['manifests']) ? mediaTypes.index : mediaTypes.manifest;
  const type = stated ?? mediaType ?? guessed;
  if (!manifestTypes.includes(type))
    throw packageInvalid(where, 'a manifest of a type that is not supported', { found: type });
  // What one reader takes for an index and another for an image could pass the checks of the one and harm the other.
  if (raw['manifests'] !== undefined && raw['layers'] !== undefined)
    throw packageInvalid(where, 'a manifest that is an index and an image at once');
  const descriptor: Descriptor = { mediaType: type, digest: digestOf(bytes), size: bytes.length };
  const subject = raw['subject'] === undefined ? undefined : parseDescriptor(raw['subject'], where);
  if (type === mediaTypes.index || type === mediaTypes.dockerList) {
    const manifests = parseDescriptors(raw['manifests'], where);
    return { descriptor, bytes, manifests, blobs: [], foreign: [], config: undefined, subject, configType: undefined };
  }
  const config = parseDescriptor(raw['config'], where);
  const layers = parseDescriptors(raw['layers'], where);
  const foreign = layers.filter((layer) => /nondistributable|\.foreign\./.test(layer.mediaType));
  const blobs = [config, ...layers.filter((layer) => !foreign.includes(layer))];
  return { descriptor, bytes, manifests: [], blobs, foreign, config, subject, configType: config.mediaType };
}
