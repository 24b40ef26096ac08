import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGlobalctlError, runCommand } from '../../base/index.ts';
import {
  artifactOf,
  blobOf,
  chartArtifact,
  createChartArchive,
  createImage,
  fetchChart,
  mediaTypes,
  pushArtifact,
  RegistryClient,
  RegistryError,
} from '../../pack/index.ts';
import { findBinary } from '../../platform/helm/index.ts';
import { startRegistry } from './index.ts';
import { hasDebianRegistry, startDebianRegistry } from '../../../test/rigs/registry/debian-registry.ts';

const hasSkopeo = existsSync('/usr/bin/skopeo');
if (!hasDebianRegistry) process.stderr.write('skipped: the contract against docker-registry, which is not installed\n');
if (!hasSkopeo) process.stderr.write('skipped: skopeo against the lab registry, which is not installed\n');

const servers = [
  { name: 'the lab registry', start: startLab, skip: false },
  { name: 'docker-registry', start: startDebianRegistry, skip: !hasDebianRegistry },
];

async function startLab(login?: { username: string; password: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-registry-'));
  const registry = await startRegistry({ folder, login });
  return {
    address: registry.address,
    folder,
    close: async () => {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function failureOf(work: Promise<unknown>): Promise<RegistryError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RegistryError);
  return error as RegistryError;
}

for (const { name, start, skip } of servers)
  describe.skipIf(skip)(`The registry client against ${name}`, () => {
    let address: string;
    let close: () => Promise<void>;
    let client: RegistryClient;
    beforeAll(async () => {
      ({ address, close } = await start());
      client = new RegistryClient({ address }, { pageSize: 2 });
    });
    afterAll(async () => {
      await client.close();
      await close();
    });

    it('stores an image and gives back every byte of it', async () => {
      const image = await createImage({
        name: { repository: 'ait/tool', tag: 'v1' },
        files: [{ path: 'bin/tool', content: '#!/bin/sh\n', mode: 0o755 }],
      });
      await pushArtifact(client, image);
      const manifest = await client.fetchManifest('ait/tool', 'v1');
      expect(manifest.descriptor).toEqual(image.top);
      for (const { descriptor, bytes } of image.blobs)
        expect(await client.fetchBlob('ait/tool', descriptor)).toEqual(Buffer.from(bytes));
      expect(await client.listTags('ait/tool')).toEqual(['v1']);
      expect(await client.listRepositories()).toContain('ait/tool');
      expect(await client.findManifest('ait/tool', 'v1')).toBe(image.top.digest);
    });

    it('takes a streamed blob, and knows what it has and what it lacks', async () => {
      const blob = blobOf(mediaTypes.layer, Buffer.alloc(3 * 1024 * 1024, 7));
      expect(await client.hasBlob('ait/stream', blob.descriptor.digest)).toBe(false);
      await client.pushBlob(
        'ait/stream',
        blob.descriptor,
        (async function* () {
          for (let at = 0; at < blob.bytes.length; at += 500_000) yield blob.bytes.subarray(at, at + 500_000);
        })(),
      );
      expect(await client.hasBlob('ait/stream', blob.descriptor.digest)).toBe(true);
      expect(await client.hasBlob('ait/other', blob.descriptor.digest)).toBe(false);
    });

    it('mounts a blob from another repository, and says when there is none to mount', async () => {
      const blob = blobOf(mediaTypes.layer, 'to be mounted');
      await client.pushBlob('ait/from', blob.descriptor, blob.bytes);
      expect(await client.mountBlob('ait/to', blob.descriptor.digest, 'ait/from')).toBe(true);
      expect(await client.fetchBlob('ait/to', blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      expect(await client.mountBlob('ait/to', blobOf('x/y', 'never pushed').descriptor.digest, 'ait/from')).toBe(false);
    });

    it('refuses content that is not what its digest says, and keeps none of it', async () => {
      const { descriptor } = blobOf(mediaTypes.layer, 'what was promised');
      const failure = await failureOf(client.pushBlob('ait/wrong', descriptor, Buffer.from('what was gotten!!')));
      expect(failure).toMatchObject({ code: 'REGISTRY_ERROR', status: 400, registryCode: 'DIGEST_INVALID' });
      expect(await client.hasBlob('ait/wrong', descriptor.digest)).toBe(false);
    });

    it('refuses a manifest that points at a missing blob', async () => {
      const config = blobOf(mediaTypes.config, '{}');
      const artifact = artifactOf({ repository: 'ait/hole', tag: 'v1' }, config, [blobOf(mediaTypes.layer, 'absent')]);
      await client.pushBlob('ait/hole', config.descriptor, config.bytes);
      const [manifest] = artifact.manifests;
      const failure = await failureOf(client.pushManifest('ait/hole', 'v1', manifest as NonNullable<typeof manifest>));
      expect(failure.registryCode).toBe('MANIFEST_BLOB_UNKNOWN');
      expect((await failureOf(client.fetchManifest('ait/hole', 'v1'))).code).toBe('REGISTRY_NOT_FOUND');
    });

    it('follows the pages of a long tag list', async () => {
      const image = await createImage({ name: { repository: 'ait/many', tag: 't0' }, files: [] });
      await pushArtifact(client, image);
      const [manifest] = image.manifests;
      for (let i = 1; i < 5; i++)
        await client.pushManifest('ait/many', `t${String(i)}`, manifest as NonNullable<typeof manifest>);
      expect(await client.listTags('ait/many')).toEqual(['t0', 't1', 't2', 't3', 't4']);
      await client.deleteManifest('ait/many', image.top.digest);
      expect(await client.findManifest('ait/many', 't3')).toBeUndefined();
    });

    it('gives back a chart as it was pushed', async () => {
      const archive = await createChartArchive({ name: 'chart-x', version: 'v1.2.3+b4', files: [] });
      await pushArtifact(client, await chartArtifact('ait/chart-x', archive));
      const pulled = await fetchChart(client, { repository: 'ait/chart-x', tag: 'v1.2.3_b4' });
      expect(pulled.archive.equals(archive)).toBe(true);
      await expect(fetchChart(client, { repository: 'ait/tool', tag: 'v1' })).rejects.toThrow('is not a Helm chart');
    });
  });

describe('The lab registry', () => {
  it('asks for a login when it has one, and tells wrong from missing', async () => {
    const registry = await startLab({ username: 'admin', password: 'secret-word' });
    const { address } = registry;
    const right = new RegistryClient({ address, username: 'admin', password: 'secret-word' });
    const wrong = new RegistryClient({ address, username: 'admin', password: 'other' });
    const none = new RegistryClient({ address });
    try {
      await right.ping();
      await expect(wrong.ping()).rejects.toMatchObject({ code: 'REGISTRY_DENIED', status: 401 });
      const failure = await none.ping().catch((error: unknown) => error);
      expect(isGlobalctlError(failure, 'REGISTRY_DENIED') && failure.message).toContain('none was given');
    } finally {
      for (const client of [right, wrong, none]) await client.close();
      await registry.close();
    }
  });

  it('serves what an earlier process stored in the same folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-registry-'));
    const image = await createImage({ name: { repository: 'ait/kept', tag: 'v1' }, files: [] });
    const first = await startRegistry({ folder });
    const writer = new RegistryClient({ address: first.address });
    await pushArtifact(writer, image);
    await writer.close();
    await first.close();
    const second = await startRegistry({ folder });
    const reader = new RegistryClient({ address: second.address });
    try {
      expect(await reader.findManifest('ait/kept', 'v1')).toBe(image.top.digest);
    } finally {
      await reader.close();
      await second.close();
      await rm(folder, { recursive: true });
    }
  });

  it.skipIf(!hasSkopeo)('is copied to and from by skopeo, digest for digest', async () => {
    const registry = await startLab();
    const client = new RegistryClient({ address: registry.address });
    try {
      const image = await createImage({
        name: { repository: 'ait/tool', tag: 'v1' },
        files: [{ path: 'a', content: 'a' }],
      });
      await pushArtifact(client, image);
      const skopeo = (...args: string[]) => runCommand({ program: 'skopeo', args: ['--insecure-policy', ...args] });
      const source = `docker://${registry.address}/ait/tool:v1`;
      const inspected = JSON.parse((await skopeo('inspect', '--tls-verify=false', source)).stdout) as {
        Digest: string;
      };
      expect(inspected.Digest).toBe(image.top.digest);
      const layout = join(registry.folder, 'layout');
      await skopeo('copy', '--src-tls-verify=false', source, `oci:${layout}:v1`);
      const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
        manifests: { digest: string }[];
      };
      expect(index.manifests[0]?.digest).toBe(image.top.digest);
      await skopeo('copy', '--dest-tls-verify=false', `oci:${layout}:v1`, `docker://${registry.address}/copy/tool:v2`);
      expect(await client.findManifest('copy/tool', 'v2')).toBe(image.top.digest);
    } finally {
      await client.close();
      await registry.close();
    }
  });

  it('lets helm push and pull charts', async () => {
    const registry = await startLab();
    try {
      const { path: helm } = await findBinary('helm');
      const archive = await createChartArchive({ name: 'chart-y', version: '1.2.3', files: [] });
      const client = new RegistryClient({ address: registry.address });
      await pushArtifact(client, await chartArtifact('ait/chart-y', archive));
      await client.close();
      const run = (...args: string[]) =>
        runCommand({
          program: helm,
          args,
          cwd: registry.folder,
          env: { HELM_CACHE_HOME: join(registry.folder, 'cache') },
        });
      await run('pull', `oci://${registry.address}/ait/chart-y`, '--version', '1.2.3', '--plain-http');
      expect((await readFile(join(registry.folder, 'chart-y-1.2.3.tgz'))).equals(archive)).toBe(true);
      await run('push', 'chart-y-1.2.3.tgz', `oci://${registry.address}/pushed`, '--plain-http');
      await run(
        'pull',
        `oci://${registry.address}/pushed/chart-y:1.2.3`,
        '--plain-http',
        '--destination',
        registry.folder,
      );
    } finally {
      await registry.close();
    }
  });
});
