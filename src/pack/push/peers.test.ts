import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../base/index.ts';
import { hasDebianRegistry, startDebianRegistry } from '../../../test/rigs/registry/debian-registry.ts';
import { findBinary } from '../../platform/helm/index.ts';
import {
  blobOf,
  chartArtifact,
  createChartArchive,
  mediaTypes,
  pushPackage,
  RegistryClient,
  type Blob,
  type Descriptor,
} from '../index.ts';
import { hasSkopeo, noise } from '../../../test/rigs/push/push-stage.ts';

const hasPeers = hasDebianRegistry && hasSkopeo;
if (!hasPeers)
  process.stderr.write('skipped: pulls by skopeo and helm, as docker-registry or skopeo is not installed\n');

let folder: string;
let layout: string;
let registry: Awaited<ReturnType<typeof startDebianRegistry>>;
const tops = new Map<string, Blob>();
const blobs = new Map<string, Blob>();
let chart: Buffer;

function keep(mediaType: string, content: Uint8Array | string): Descriptor {
  const blob = blobOf(mediaType, content);
  blobs.set(blob.descriptor.digest, blob);
  return blob.descriptor;
}

function image(architecture: string, layer: Descriptor, types: { readonly manifest: string; readonly config: string }) {
  const config = keep(
    types.config,
    JSON.stringify({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: [layer] };
  // Written with blanks: whoever writes the JSON anew gives it another digest.
  return { ...keep(types.manifest, JSON.stringify(manifest, null, 3)), platform: { architecture, os: 'linux' } };
}

beforeAll(async () => {
  if (!hasPeers) return;
  folder = await mkdtemp(join(tmpdir(), 'globalctl-peers-'));
  layout = join(folder, 'layout');
  registry = await startDebianRegistry();
  const gzip = (seed: string) => gzipSync(noise(40_000, seed));
  const oci = { manifest: mediaTypes.manifest, config: mediaTypes.config };
  const amd64 = image('amd64', keep(mediaTypes.layer, gzip('amd64')), oci);
  const arm64 = image('arm64', keep(mediaTypes.layer, gzip('arm64')), oci);
  const nested = keep(
    mediaTypes.index,
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [arm64] }),
  );
  const entries = new Map<string, Descriptor>([
    [
      'ait/multi:v1',
      keep(
        mediaTypes.index,
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [amd64, arm64] }),
      ),
    ],
    [
      'ait/nested:v1',
      keep(
        mediaTypes.index,
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [amd64, nested] }),
      ),
    ],
    [
      'ait/docker:v1',
      image('amd64', keep('application/vnd.docker.image.rootfs.diff.tar.gzip', gzip('docker')), {
        manifest: mediaTypes.dockerManifest,
        config: 'application/vnd.docker.container.image.v1+json',
      }),
    ],
    [
      'ait/zstd:v1',
      image(
        'amd64',
        keep('application/vnd.oci.image.layer.v1.tar+zstd', Buffer.concat([ZSTD_MAGIC, noise(9000, 'zstd')])),
        oci,
      ),
    ],
  ]);
  chart = await createChartArchive({ name: 'chart-peer', version: '1.2.3', files: [] });
  const artifact = await chartArtifact('ait/chart-peer', chart);
  for (const blob of artifact.blobs) blobs.set(blob.descriptor.digest, blob);
  for (const { descriptor, bytes } of artifact.manifests) blobs.set(descriptor.digest, { descriptor, bytes });
  entries.set('ait/chart-peer:1.2.3', artifact.top);
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  for (const { descriptor, bytes } of blobs.values())
    await writeFile(join(layout, 'blobs/sha256', descriptor.digest.slice(7)), bytes);
  for (const [name, { digest }] of entries) {
    const blob = blobs.get(digest);
    if (blob) tops.set(name, blob);
  }
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [...entries].map(([name, { mediaType, digest, size }]) => ({
        mediaType,
        digest,
        size,
        annotations: { 'org.opencontainers.image.ref.name': name },
      })),
    }),
  );
  const client = new RegistryClient({ address: registry.address });
  try {
    await pushPackage({ path: layout, client });
  } finally {
    await client.close();
  }
});

afterAll(async () => {
  if (!hasPeers) return;
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

function skopeo(...args: string[]) {
  return runCommand({ program: 'skopeo', args: ['--insecure-policy', ...args] });
}

describe.skipIf(!hasPeers)('What was pushed into docker-registry', () => {
  it.each(['ait/multi:v1', 'ait/nested:v1', 'ait/docker:v1', 'ait/zstd:v1', 'ait/chart-peer:1.2.3'])(
    'is shown by skopeo byte for byte: %s',
    async (name) => {
      const { stdout } = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${registry.address}/${name}`);
      expect(stdout).toBe(Buffer.from(tops.get(name)?.bytes ?? []).toString());
    },
  );

  it.each(['ait/multi:v1', 'ait/docker:v1', 'ait/zstd:v1'])('is copied by skopeo with every blob: %s', async (name) => {
    const copy = join(folder, name.replaceAll(/[/:]/g, '-'));
    await skopeo('copy', '--all', '--src-tls-verify=false', `docker://${registry.address}/${name}`, `dir:${copy}`);
    const digests = [
      ...JSON.stringify(JSON.parse(Buffer.from(tops.get(name)?.bytes ?? []).toString())).matchAll(
        /sha256:([0-9a-f]{64})/g,
      ),
    ];
    expect(digests.length).toBeGreaterThan(1);
    for (const [digest, hex = ''] of digests) {
      const isManifest = blobs.get(digest)?.descriptor.mediaType.includes('manifest') === true;
      const bytes = await readFile(join(copy, isManifest ? `${hex}.manifest.json` : hex));
      expect(bytes.equals(blobs.get(digest)?.bytes ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('is pulled by helm as the chart that it was', async () => {
    const { path: helm } = await findBinary('helm');
    await runCommand({
      program: helm,
      args: ['pull', `oci://${registry.address}/ait/chart-peer`, '--version', '1.2.3', '--plain-http'],
      cwd: folder,
      env: { HELM_CACHE_HOME: join(folder, 'cache') },
    });
    expect((await readFile(join(folder, 'chart-peer-1.2.3.tgz'))).equals(chart)).toBe(true);
  });
});
