import { createHash, type Hash } from 'node:crypto';
import { GlobalctlError } from '../../base/index.ts';

/** Media types of the OCI image specification, of Docker's older form of the same, and of Helm's chart artifacts. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  plainLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  chartConfig: 'application/vnd.cncf.helm.config.v1+json',
  chart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
} as const;

/** Every manifest type that is read; also what a client accepts from a registry. */
export const manifestTypes: readonly string[] = [
  mediaTypes.index,
  mediaTypes.manifest,
  mediaTypes.dockerList,
  mediaTypes.dockerManifest,
];

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** `linux/arm64/v8`; undefined for what is no image to run, such as the attestations that builders add to an index. */
export function formatPlatform(platform: Platform | undefined): string | undefined {
  if (!platform || platform.architecture === 'unknown' || platform.os === 'unknown') return undefined;
  const { os, architecture, variant } = platform;
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** Points at content by what it is: OCI image specification, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Size in bytes. */
  readonly size: number;
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Content with its address, small enough to be held in memory. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** True for the one digest form that is supported; keeps everything else out of file names and URLs. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && DIGEST.test(text);
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function blobOf(mediaType: string, content: Uint8Array | string): Blob {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function mismatch(expected: Descriptor, where: string, size: number, hash: Hash): GlobalctlError {
  return new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
    message: `${where}: blob ${expected.digest} holds other content than its digest says`,
    subject: where,
    expected: `${expected.digest}, ${String(expected.size)} bytes`,
    found: `sha256:${hash.digest('hex')}, ${String(size)} bytes`,
  });
}

/**
 * Passes content through and throws PACKAGE_DIGEST_MISMATCH when it is not what the descriptor says. The last chunk is held
 * back until everything has been checked, so that whoever receives the content never has all of a wrong one.
 */
export async function* verifyContent(
  content: AsyncIterable<Uint8Array>,
  expected: Descriptor,
  where: string,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash('sha256');
  let size = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of content) {
    size += chunk.length;
    hash.update(chunk);
    if (size > expected.size) throw mismatch(expected, where, size, hash);
    if (held) yield held;
    held = chunk;
  }
  if (size !== expected.size) throw mismatch(expected, where, size, hash);
  const actual = hash.copy();
  if (`sha256:${hash.digest('hex')}` !== expected.digest) throw mismatch(expected, where, size, actual);
  if (held) yield held;
}

/** All of a stream in memory, verified. Only for content known to be small. */
export async function collectContent(
  content: AsyncIterable<Uint8Array>,
  expected: Descriptor,
  where: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of verifyContent(content, expected, where)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
