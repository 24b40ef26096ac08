import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isGlobalctlError, type GlobalctlError } from '../../base/index.ts';
import { chartArtifact, createChartArchive } from '../oci/chart.ts';
import { createImage, type Artifact } from '../oci/image.ts';
import { blobPath } from './contents.ts';

export const hasSkopeo = existsSync('/usr/bin/skopeo');
export const hasZstd = existsSync('/usr/bin/zstd');

/** Bytes that do not compress, the same every time. */
export function noise(bytes: number, seed = ''): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 32)
    createHash('sha256')
      .update(`${seed}${String(at)}`)
      .digest()
      .copy(content, at);
  return content;
}

/** Two images that share their one layer, one with a layer of its own, and a chart. */
export async function sampleArtifacts(bigBytes = 50_000): Promise<Artifact[]> {
  const shared = [{ path: 'lib/shared', content: 'shared by both' }];
  const chart = await createChartArchive({ name: 'chart-sample', version: 'v1.0.0', appVersion: '7.1', files: [] });
  return [
    await chartArtifact('ait/chart-sample', chart),
    await createImage({ name: { repository: 'ait/one', tag: 'v1' }, files: shared }),
    await createImage({ name: { repository: 'ait/two', tag: 'v1' }, files: shared }),
    await createImage({
      name: { repository: 'ait/big', tag: 'v1' },
      files: [{ path: 'noise', content: noise(bigBytes) }],
    }),
  ];
}

/** Writes an OCI layout into a folder: `index.json` as it is given, and every file of `blobs`. */
export function writeLayout(folder: string, index: unknown, blobs: Iterable<Uint8Array | string>): void {
  const files = new Map<string, Uint8Array | string>([
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    ['index.json', JSON.stringify(index)],
  ]);
  for (const blob of blobs) files.set(blobPath(`sha256:${createHash('sha256').update(blob).digest('hex')}`), blob);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export function skopeoCopy(...args: readonly string[]): void {
  execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', ...args]);
}

/** The error that work ends with; undefined when it ends well. */
export async function errorOf(work: Promise<unknown>): Promise<GlobalctlError | undefined> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined && !isGlobalctlError(error)) throw error as Error;
  return error;
}
