import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlobalctlError, isGlobalctlError, ManualClock, runCommand, type ErrorCode } from '../base/index.ts';
import { startRegistry, type Registry } from '../lab/registry/index.ts';
import {
  buildPackage,
  chartArtifact,
  copyRepositories,
  createChartArchive,
  createImage,
  fileSource,
  packageFileName,
  pullChart,
  pushPackage,
  readPackage,
  RegistryClient,
  tarOf,
  verifyPackage,
  type ContentSource,
} from './index.ts';
import { streamBlobs } from './layout/index.ts';

const hasSkopeo = existsSync('/usr/bin/skopeo');
if (!hasSkopeo) process.stderr.write('skipped: packages read by skopeo, which is not installed\n');

let folder: string;
let registry: Registry;
let requests: string[];
let client: RegistryClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-package-'));
  requests = [];
  registry = await startRegistry({ folder: join(folder, 'registry'), log: (line) => requests.push(line) });
  client = new RegistryClient({ address: registry.address });
});
afterEach(async () => {
  await client.close();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

/** A package of a chart and two images that share a layer; `bigBytes` is the size of a layer that does not compress. */
async function samplePackage(bigBytes = 100): Promise<string> {
  const shared = { path: 'lib/shared', content: 'shared by both' };
  const noise = Buffer.alloc(bigBytes);
  for (let at = 0; at < bigBytes; at += 32) createHash('sha256').update(String(at)).digest().copy(noise, at);
  const path = join(folder, packageFileName({ name: 'sample', architecture: 'amd64', version: 'v1.0.0' }));
  await buildPackage({
    name: 'sample',
    architecture: 'amd64',
    version: 'v1.0.0',
    artifacts: [
      await chartArtifact(
        'ait/chart-sample',
        await createChartArchive({ name: 'chart-sample', version: 'v1.0.0', files: [] }),
      ),
      await createImage({ name: { repository: 'ait/one', tag: 'v1' }, files: [shared] }),
      await createImage({ name: { repository: 'ait/two', tag: 'v1' }, files: [shared] }),
      await createImage({ name: { repository: 'ait/big', tag: 'v1' }, files: [{ path: 'noise', content: noise }] }),
    ],
    path,
  });
  return path;
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isGlobalctlError(error) ? error.code : undefined;
}

describe('A package', () => {
  it('says what it holds, has its manifests in front, and is the same bytes every time it is built', async () => {
    const path = await samplePackage();
    const first = await readFile(path);
    const contents = await readPackage(path);
    expect(contents).toMatchObject({ name: 'sample', architecture: 'amd64', version: 'v1.0.0' });
    expect(contents.images.map((i) => `${i.kind} ${i.name.repository}:${i.name.tag}`)).toEqual([
      'chart ait/chart-sample:v1.0.0',
      'image ait/one:v1',
      'image ait/two:v1',
      'image ait/big:v1',
    ]);
    const { stdout } = await runCommand({ program: 'tar', args: ['-tzf', path] });
    const digests = [...contents.manifests.keys()].map((digest) => `blobs/sha256/${digest.slice(7)}`);
    expect(stdout.split('\n').slice(0, 3 + digests.length)).toEqual([
      'oci-layout',
      'index.json',
      'contents.json',
      ...digests,
    ]);
    expect((await readFile(await samplePackage())).equals(first)).toBe(true);
    expect(await verifyPackage(path)).toMatchObject({ images: 4, blobs: contents.blobs.size });
  });

  it('can be unpacked, and is read from the folder as from the archive', async () => {
    const path = await samplePackage();
    const layout = join(folder, 'layout');
    await mkdir(layout);
    await runCommand({ program: 'tar', args: ['-xzf', path, '-C', layout] });
    expect((await readPackage(layout)).images).toEqual((await readPackage(path)).images);
    await writeFile(join(folder, 'plain.tar'), gunzipSync(await readFile(path)));
    expect((await readPackage(join(folder, 'plain.tar'))).images).toHaveLength(4);
    const repacked = join(folder, 'repacked.tgz');
    const sources = [fileSource(await readPackage(layout))];
    await buildPackage({ name: 'sample', architecture: 'amd64', version: 'v1.0.0', sources, path: repacked });
    expect(await verifyPackage(repacked)).toEqual(await verifyPackage(path));
  });

  it.skipIf(!hasSkopeo)('is an OCI layout that skopeo copies from', async () => {
    const path = await samplePackage();
    const layout = join(folder, 'layout');
    await mkdir(layout);
    await runCommand({ program: 'tar', args: ['-xzf', path, '-C', layout] });
    await runCommand({
      program: 'skopeo',
      args: [
        '--insecure-policy',
        'copy',
        '--dest-tls-verify=false',
        `oci:${layout}:ait/one:v1`,
        `docker://${registry.address}/by/skopeo:v1`,
      ],
    });
    const one = (await readPackage(path)).images.find((i) => i.name.repository === 'ait/one');
    expect(await client.findManifest('by/skopeo', 'v1')).toBe(one?.top.digest);
  });

  it('is refused when it is cut short, empty, no archive, not there, or changed', async () => {
    const path = await samplePackage(300_000);
    const changed = gunzipSync(await readFile(path));
    changed[changed.length - 20_000] = (changed[changed.length - 20_000] ?? 0) ^ 1;
    await writeFile(join(folder, 'changed.tgz'), gzipSync(changed));
    await writeFile(join(folder, 'empty.tgz'), '');
    await writeFile(join(folder, 'text.tgz'), 'hello, this is not an archive at all');
    await writeFile(join(folder, 'other.tgz'), gzipSync(await tarOf([{ path: 'readme', content: 'x' }])));
    await truncate(path, (await stat(path)).size - 5000);
    expect(await codeOf(verifyPackage(path))).toBe('PACKAGE_INVALID');
    expect(await codeOf(verifyPackage(join(folder, 'changed.tgz')))).toBe('PACKAGE_DIGEST_MISMATCH');
    for (const name of ['empty.tgz', 'text.tgz', 'other.tgz'])
      expect(await codeOf(readPackage(join(folder, name)))).toBe('PACKAGE_INVALID');
    expect(await codeOf(readPackage(join(folder, 'absent.tgz')))).toBe('FILE_UNREADABLE');
  });

  it('leaves nothing behind when it cannot be built', async () => {
    const out = join(folder, 'out');
    await mkdir(out);
    const source = fileSource(await readPackage(await samplePackage(300_000)));
    const broken: ContentSource = {
      ...source,
      stream: (wanted, take) =>
        source.stream(wanted, async (descriptor, content) => {
          if (descriptor.size > 300_000) throw new GlobalctlError('REGISTRY_ERROR', { message: 'the source broke' });
          await take(descriptor, content);
        }),
    };
    const building = buildPackage({
      name: 'x',
      architecture: 'amd64',
      version: 'v1',
      sources: [broken],
      path: join(out, 'x.tgz'),
    });
    expect(await codeOf(building)).toBe('REGISTRY_ERROR');
    expect(await readdir(out)).toEqual([]);
  });
});

describe('pushPackage', () => {
  it('brings everything to the registry, and the second time sends nothing', async () => {
    const path = await samplePackage(9 * 1024 * 1024);
    const progress: number[] = [];
    const result = await pushPackage({ path, client, onProgress: (p) => progress.push(p.doneBytes / p.totalBytes) });
    expect(result).toMatchObject({ pushedImages: 4, presentImages: 0 });
    expect(progress.at(-1)).toBe(1);
    for (const { name, top } of result.contents.images)
      expect(await client.findManifest(name.repository, name.tag)).toBe(top.digest);
    for (const blob of result.contents.blobs.values()) {
      const holder = (await readPackage(path)).images.find((i) =>
        result.contents.manifests.get(i.top.digest)?.blobs.some((b) => b.digest === blob.digest),
      );
      expect(await client.hasBlob(holder?.name.repository ?? '', blob.digest)).toBe(true);
    }
    requests.length = 0;
    expect(await pushPackage({ path, client })).toMatchObject({ pushedImages: 0, presentImages: 4, uploadedBytes: 0 });
    expect(requests.filter((line) => !line.startsWith('HEAD'))).toEqual([]);
  });

  it('uploads a shared layer once and mounts it in the other repository', async () => {
    const result = await pushPackage({ path: await samplePackage(), client });
    // Config and layer of ait/one and ait/two are the same two blobs.
    expect(result.mountedBlobs).toBe(2);
    expect(result.uploadedBlobs).toBe(result.contents.blobs.size);
  });

  it('goes on after an interrupted push without sending again what has arrived', async () => {
    const path = await samplePackage();
    const contents = await readPackage(path);
    const big = contents.images.find(({ name }) => name.repository === 'ait/big');
    const [config] = contents.manifests.get(big?.top.digest ?? '')?.blobs ?? [];
    if (!config) throw new Error('the sample has no config');
    await streamBlobs(path, new Map([[config.digest, config]]), (descriptor, content) =>
      client.pushBlob('ait/big', descriptor, content),
    );
    expect((await pushPackage({ path, client })).uploadedBlobs).toBe(contents.blobs.size - 1);
  });

  it('tags nothing when a blob of the package is damaged', async () => {
    const path = await samplePackage(300_000);
    const changed = gunzipSync(await readFile(path));
    changed[changed.length - 20_000] = (changed[changed.length - 20_000] ?? 0) ^ 1;
    await writeFile(path, gzipSync(changed));
    expect(await codeOf(pushPackage({ path, client }))).toBe('PACKAGE_DIGEST_MISMATCH');
    expect(await client.listRepositories()).toEqual([]);
  });

  it('goes on when the registry comes back, on the clock it was given', async () => {
    const path = await samplePackage();
    const { port } = registry;
    await registry.close();
    const clock = new ManualClock();
    const pushing = pushPackage({
      path,
      client: new RegistryClient({ address: registry.address, scheme: 'http' }),
      clock,
    });
    let settled = false;
    pushing.finally(() => (settled = true)).catch(() => undefined);
    registry = await startRegistry({ folder: join(folder, 'registry'), port });
    while (!settled) {
      await clock.advance(1000);
      // Lets the sockets have their turn: time alone wakes only sleepers.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await pushing).toMatchObject({ pushedImages: 4 });
  });
});

describe('copyRepositories and pullChart', () => {
  it('copies every tag into another registry, from which a chart comes back byte for byte', async () => {
    await pushPackage({ path: await samplePackage(), client });
    const other = await startRegistry({ folder: join(folder, 'other') });
    const target = new RegistryClient({ address: other.address });
    try {
      expect(await copyRepositories({ from: client, to: target })).toMatchObject({ images: 4, presentImages: 0 });
      expect(await copyRepositories({ from: client, to: target })).toMatchObject({
        images: 4,
        presentImages: 4,
        copiedBytes: 0,
      });
      const chart = { name: 'ait/chart-sample', version: 'v1.0.0' };
      const original = await pullChart({ registry: { address: registry.address }, ...chart });
      const copied = await pullChart({ registry: { address: other.address }, ...chart });
      expect(copied.archive.equals(original.archive)).toBe(true);
      expect(copied.manifestDigest).toBe(original.manifestDigest);
    } finally {
      await target.close();
      await other.close();
    }
  });
});
