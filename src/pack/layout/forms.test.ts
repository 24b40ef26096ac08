import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawTar, type RawEntry } from '../archive/raw-tar.fixture.ts';
import { tarOf } from '../archive/index.ts';
import { createChartArchive } from '../oci/chart.ts';
import { blobOf, mediaTypes } from '../oci/descriptor.ts';
import { artifactOf, createImage, type Artifact } from '../oci/image.ts';
import { buildPackage } from './build.ts';
import { readConfigs } from './configs.ts';
import { manifestsBelow, REF_NAME, type PackageContents } from './contents.ts';
import { imageNameOf } from './name-image.ts';
import { readContents, readPackage } from './read.ts';
import { errorOf, hasSkopeo, hasZstd, sampleArtifacts, skopeoCopy, writeLayout } from './sample.fixture.ts';
import { streamBlobs } from './stream.ts';
import { treeOf } from './tree.ts';
import { verifyPackage } from './verify.ts';

if (!hasSkopeo) process.stderr.write('skipped: what skopeo writes, which is not installed\n');
if (!hasZstd) process.stderr.write('skipped: layouts compressed by the zstd program, which is not installed\n');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-forms-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function samplePackage(): Promise<string> {
  const path = join(folder, 'sample.amd64.v1.0.0.tgz');
  await buildPackage({
    name: 'sample',
    architecture: 'amd64',
    version: 'v1.0.0',
    artifacts: await sampleArtifacts(),
    path,
  });
  return path;
}

/** The sample package, unpacked. */
async function sampleLayout(): Promise<string> {
  const layout = join(folder, 'layout');
  await mkdir(layout);
  execFileSync('tar', ['-xzf', await samplePackage(), '-C', layout]);
  return layout;
}

const labels = (contents: PackageContents): string[] =>
  contents.images.map(({ kind, name }) => `${kind} ${name.repository}:${name.tag}`);

/** Digests of everything that a package gives out, each verified on its way. */
async function streamed(contents: PackageContents): Promise<string[]> {
  const digests: string[] = [];
  await streamBlobs(contents, contents.blobs, async ({ digest }, content) => {
    for await (const chunk of content) void chunk;
    digests.push(digest);
  });
  return digests.sort();
}

describe('An OCI layout', () => {
  it('is read as folder and as tar, plain, gzip and zstd, whatever the order of its files', async () => {
    const layout = await sampleLayout();
    const expected = await readPackage(layout);
    // Sorted as tar does: blobs come before index.json.
    execFileSync('tar', ['-cf', join(folder, 'a.tar'), '--sort=name', '-C', layout, '.']);
    execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '--sort=name', '-C', layout, '.']);
    if (hasZstd) execFileSync('zstd', ['-q', join(folder, 'a.tar'), '-o', join(folder, 'a.tar.zst')]);
    for (const name of ['a.tar', 'a.tar.gz', ...(hasZstd ? ['a.tar.zst'] : [])]) {
      const contents = await readPackage(join(folder, name));
      expect({ ...contents, path: layout, manifests: [], blobs: [] }).toEqual({
        ...expected,
        manifests: [],
        blobs: [],
      });
      expect(await streamed(contents)).toEqual([...expected.blobs.keys()].sort());
    }
  });

  it.skipIf(!hasSkopeo)('of skopeo is read, and its image may be named by whoever builds', async () => {
    const layout = await sampleLayout();
    skopeoCopy(`oci:${layout}:ait/big:v1`, `oci-archive:${join(folder, 'named.tar')}:registry.local:5000/ait/big:v1`);
    expect(labels(await readPackage(join(folder, 'named.tar')))).toEqual(['image ait/big:v1']);
    skopeoCopy(`oci:${layout}:ait/big:v1`, `oci:${join(folder, 'tag-only')}:v1`);
    const contents = await readContents(join(folder, 'tag-only'));
    expect(contents.unnamed).toMatchObject([{ said: 'v1' }]);
    expect(await errorOf(readPackage(join(folder, 'tag-only')))).toMatchObject({
      code: 'PACKAGE_INVALID',
      details: { found: '"v1"', hint: 'Give it one: globalctl pack build, with name beside from.' },
    });
  });

  it.skipIf(!hasSkopeo)('holds zstd layers and Docker manifests as well', async () => {
    const layout = await sampleLayout();
    skopeoCopy(`oci:${layout}:ait/big:v1`, `oci:${join(folder, 'zstd')}:ait/big:v1`, '--dest-compress-format=zstd');
    const contents = await readPackage(join(folder, 'zstd'));
    expect(contents.manifests.get(contents.images[0]?.top.digest ?? '')?.blobs[1]?.mediaType).toMatch(/\+zstd$/);
    expect(await verifyPackage(join(folder, 'zstd'), { diffIds: true })).toMatchObject({ images: 1, blobs: 2 });
    skopeoCopy(`oci:${layout}:ait/big:v1`, `dir:${join(folder, 'docker')}`, '--format=v2s2');
    const manifest = await readFile(join(folder, 'docker/manifest.json'));
    const blobs = await Promise.all(
      [...(await readPackage(layout)).blobs.keys()].map((d) =>
        readFile(join(folder, 'docker', d.slice(7))).catch(() => ''),
      ),
    );
    const top = blobOf(mediaTypes.dockerManifest, manifest).descriptor;
    const index = { schemaVersion: 2, manifests: [{ ...top, annotations: { [REF_NAME]: 'ait/big:v1' } }] };
    writeLayout(join(folder, 'docker-layout'), index, [manifest, ...blobs]);
    expect(await verifyPackage(join(folder, 'docker-layout'), { diffIds: true })).toMatchObject({ blobs: 2 });
  });

  it('keeps indexes of indexes, attestations and referrers together with their image', async () => {
    const image = async (architecture: string): Promise<Artifact> =>
      createImage({
        name: { repository: 'x', tag: 'x' },
        files: [{ path: 'arch', content: architecture }],
        platform: { os: 'linux', architecture, ...(architecture === 'arm64' && { variant: 'v8' }) },
      });
    const [amd, arm] = [await image('amd64'), await image('arm64')];
    const name = { repository: 'x', tag: 'x' };
    const attestation = artifactOf(name, blobOf('application/vnd.oci.empty.v1+json', '{}'), [
      blobOf('application/vnd.in-toto+json', '{"predicateType":"https://slsa.dev/provenance/v1"}'),
    ]);
    const index = (manifests: readonly unknown[]) =>
      blobOf(mediaTypes.index, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
    const inner = index([{ ...arm.top, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }]);
    const outer = index([
      { ...amd.top, platform: { os: 'linux', architecture: 'amd64' } },
      inner.descriptor,
      { ...attestation.top, platform: { os: 'unknown', architecture: 'unknown' } },
    ]);
    const signature = blobOf('application/vnd.example.signature', 'signed');
    const config = blobOf('application/vnd.oci.empty.v1+json', '{}');
    const referrer = blobOf(
      mediaTypes.manifest,
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: config.descriptor,
        layers: [signature.descriptor],
        subject: amd.top,
      }),
    );
    const layout = join(folder, 'multi');
    writeLayout(
      layout,
      {
        schemaVersion: 2,
        manifests: [{ ...outer.descriptor, annotations: { [REF_NAME]: 'ait/multi:v1' } }, referrer.descriptor],
      },
      [
        ...[amd, arm, attestation].flatMap((a) => [...a.manifests, ...a.blobs].map(({ bytes }) => bytes)),
        ...[inner, outer, signature, referrer].map(({ bytes }) => bytes),
      ],
    );
    const contents = await readPackage(layout);
    expect(contents.images).toMatchObject([
      { name: { repository: 'ait/multi', tag: 'v1' }, platforms: ['linux/amd64', 'linux/arm64/v8'] },
    ]);
    expect(manifestsBelow(contents, outer.descriptor).map(({ descriptor }) => descriptor.digest)).toEqual([
      outer.descriptor.digest,
      amd.top.digest,
      inner.descriptor.digest,
      arm.top.digest,
      attestation.top.digest,
      referrer.descriptor.digest,
    ]);
    const [node] = treeOf(contents, await readConfigs(contents)).images;
    expect(node?.manifests.map(({ role, platform }) => `${role} ${platform ?? ''}`.trim())).toEqual([
      'index',
      'image linux/amd64',
      'index',
      'image linux/arm64/v8',
      'attestation',
      'referrer',
    ]);
    expect(await verifyPackage(layout)).toMatchObject({ images: 1, blobs: 7 });
  });

  it('has layers that unpack to what the config says, which is looked at when that is asked for', async () => {
    const plain = await tarOf([{ path: 'f', content: 'x' }]);
    const packed = gzipSync(plain);
    const damaged = Buffer.from(packed);
    damaged.fill(0, 20, 30);
    const diffId = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const cases: readonly [Uint8Array, string, string | undefined][] = [
      [packed, diffId(plain), undefined],
      [packed, diffId(packed), 'unpacks to other content than the image'],
      [damaged, diffId(plain), 'the archive is damaged or cut short'],
    ];
    for (const [index, [layer, expected, fault]] of cases.entries()) {
      const config = blobOf(mediaTypes.config, JSON.stringify({ rootfs: { type: 'layers', diff_ids: [expected] } }));
      const { top, manifests, blobs } = artifactOf({ repository: 'x', tag: 'x' }, config, [
        blobOf(mediaTypes.layer, layer),
      ]);
      const layout = join(folder, `diff-ids-${String(index)}`);
      const entry = { ...top, annotations: { [REF_NAME]: 'a:b' } };
      writeLayout(
        layout,
        { schemaVersion: 2, manifests: [entry] },
        [...manifests, ...blobs].map(({ bytes }) => bytes),
      );
      execFileSync('tar', ['-czf', `${layout}.tgz`, '-C', layout, '.']);
      for (const form of [layout, `${layout}.tgz`]) {
        expect(await verifyPackage(form)).toMatchObject({ blobs: 2 });
        const message = (await errorOf(verifyPackage(form, { diffIds: true })))?.message;
        if (fault === undefined) expect(message).toBeUndefined();
        else expect(message).toContain(fault);
      }
    }
  });

  it('does without layers that may not be passed on', async () => {
    const { top, manifests, blobs } = artifactOf({ repository: 'x', tag: 'x' }, blobOf(mediaTypes.config, '{}'), [
      blobOf('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'elsewhere'),
      blobOf('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'elsewhere, too'),
      blobOf(mediaTypes.layer, 'here'),
    ]);
    const index = { schemaVersion: 2, manifests: [{ ...top, annotations: { [REF_NAME]: 'ait/windows:v1' } }] };
    const held = [blobs[0], blobs[3]].flatMap((blob) => (blob ? [blob.bytes] : []));
    writeLayout(join(folder, 'foreign'), index, [...manifests.map(({ bytes }) => bytes), ...held]);
    expect(await verifyPackage(join(folder, 'foreign'))).toMatchObject({ blobs: 2 });
  });
});

describe('A docker save archive', () => {
  it.skipIf(!hasSkopeo)('becomes an image with the same config and layers', async () => {
    const layout = await sampleLayout();
    const path = join(folder, 'big.tar');
    skopeoCopy(`oci:${layout}:ait/big:v1`, `docker-archive:${path}:registry.local:5000/ait/big:v1`);
    const contents = await readPackage(path);
    expect(contents.form).toBe('docker-archive');
    expect(contents.images).toMatchObject([{ name: { repository: 'ait/big', tag: 'v1' }, platforms: ['linux/amd64'] }]);
    const original = await readPackage(layout);
    const big = original.images.find(({ name }) => name.repository === 'ait/big');
    const manifest = contents.manifests.get(contents.images[0]?.top.digest ?? '');
    expect(manifest?.config?.digest).toBe(original.manifests.get(big?.top.digest ?? '')?.config?.digest);
    expect(await verifyPackage(path, { diffIds: true })).toMatchObject({ images: 1, blobs: 2 });
    // skopeo takes for the image of the archive what we make of it.
    const out = join(folder, 'again.tgz');
    const { fileSource } = await import('./source.ts');
    await buildPackage({
      name: 'again',
      architecture: 'amd64',
      version: 'v1',
      sources: [fileSource(contents)],
      path: out,
    });
    await mkdir(join(folder, 'again'));
    execFileSync('tar', ['-xzf', out, '-C', join(folder, 'again')]);
    skopeoCopy(`oci:${join(folder, 'again')}:ait/big:v1`, `docker-archive:${join(folder, 'again.tar')}:ait/big:v1`);
    const again = await readPackage(join(folder, 'again.tar'));
    expect([...again.blobs.keys()].sort()).toEqual([...contents.blobs.keys()].sort());
  });

  const layer = (content: string): Promise<Buffer> => tarOf([{ path: 'file', content }]);
  const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
  const configOf = (...layers: readonly Uint8Array[]): string =>
    JSON.stringify({
      architecture: 'arm64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: layers.map((bytes) => `sha256:${sha256(bytes)}`) },
    });
  /** Entries as Docker before version 25 wrote them. */
  const oldForm = (config: string, layers: readonly RawEntry[], names: readonly string[] | null): RawEntry[] => [
    ...layers,
    { path: `${sha256(config)}.json`, content: config },
    {
      path: 'manifest.json',
      content: JSON.stringify([
        { Config: `${sha256(config)}.json`, RepoTags: names, Layers: layers.map(({ path }) => path) },
      ]),
    },
  ];

  it('of the old form is read: several tags, layers that links stand for, manifest.json at the end', async () => {
    const [one, two] = [await layer('one'), await layer('two')];
    const config = configOf(one, two, one);
    const path = join(folder, 'old.tar');
    await writeFile(
      path,
      rawTar(
        oldForm(
          config,
          [
            { path: 'aaa/layer.tar', content: one },
            { path: 'bbb/layer.tar', content: two },
            { path: 'ccc/layer.tar', type: '2', linkTarget: '../aaa/layer.tar' },
          ],
          ['docker.io/library/tool:v1', 'localhost:5000/ait/tool:v1', 'tool:latest'],
        ),
      ),
    );
    const contents = await readPackage(path);
    expect(labels(contents)).toEqual(['image tool:v1', 'image ait/tool:v1', 'image tool:latest']);
    expect(await verifyPackage(path, { diffIds: true })).toMatchObject({ images: 3, blobs: 3 });
    expect(await streamed(contents)).toEqual([config, one, two].map((bytes) => `sha256:${sha256(bytes)}`).sort());
    await writeFile(join(folder, 'old.tar.gz'), gzipSync(await readFile(path)));
    expect((await readPackage(join(folder, 'old.tar.gz'))).images).toEqual(contents.images);
  });

  it('may hold compressed layers, and an image without a name', async () => {
    const plain = await layer('one');
    const path = join(folder, 'compressed.tar');
    await writeFile(path, rawTar(oldForm(configOf(plain), [{ path: 'l/layer.tar', content: gzipSync(plain) }], null)));
    const contents = await readContents(path);
    expect(contents.unnamed).toHaveLength(1);
    const [, described] = [...contents.manifests.values()][0]?.blobs ?? [];
    expect(described).toMatchObject({ mediaType: mediaTypes.layer, digest: `sha256:${sha256(gzipSync(plain))}` });
    expect(await verifyPackage(path, { diffIds: true })).toMatchObject({ images: 1, blobs: 2 });
  });

  it('of the new form is an OCI layout that says its names as containerd does', async () => {
    const image = await createImage({ name: { repository: 'x', tag: 'x' }, files: [] });
    const annotations = { 'io.containerd.image.name': 'docker.io/ait/tool:v1', [REF_NAME]: 'v1' };
    writeLayout(join(folder, 'new'), { schemaVersion: 2, manifests: [{ ...image.top, annotations }] }, [
      ...image.manifests.map(({ bytes }) => bytes),
      ...image.blobs.map(({ bytes }) => bytes),
    ]);
    await writeFile(join(folder, 'new/manifest.json'), '[]');
    execFileSync('tar', ['-cf', join(folder, 'new.tar'), '-C', join(folder, 'new'), '.']);
    expect(labels(await readPackage(join(folder, 'new.tar')))).toEqual(['image ait/tool:v1']);
  });

  const faults: readonly [string, (config: string) => RawEntry[], string][] = [
    [
      'a link that leads out',
      () => [{ path: 'l', type: '2', linkTarget: '../../etc/shadow' }],
      'leads out of the archive',
    ],
    ['an absolute link', () => [{ path: 'l', type: '2', linkTarget: '/etc/shadow' }], 'leads out of the archive'],
    ['a hard link to nothing', () => [{ path: 'l', type: '1', linkTarget: 'gone' }], 'does not hold it'],
    ['links in a circle', () => [{ path: 'l', type: '2', linkTarget: 'l' }], 'leads round in a circle'],
    [
      'more layers than the config',
      () => [
        { path: 'l', content: 'x' },
        { path: 'm', content: 'y' },
      ],
      'differ in the number',
    ],
  ];
  it.each(faults)('is refused with %s', async (_what, layers, fault) => {
    const config = configOf(await layer('x'));
    await writeFile(join(folder, 'bad.tar'), rawTar(oldForm(config, layers(config), ['a:b'])));
    const error = await errorOf(readContents(join(folder, 'bad.tar')));
    expect(error?.code).toBe('PACKAGE_INVALID');
    expect(error?.message).toContain(fault);
  });

  it('is refused when a layer or a config is not what its digest says', async () => {
    const [right, wrong] = [await layer('right'), await layer('wrong')];
    const entries = oldForm(configOf(right), [{ path: 'l', content: wrong }], ['a:b']);
    await writeFile(join(folder, 'layer.tar'), rawTar(entries));
    expect((await errorOf(verifyPackage(join(folder, 'layer.tar'))))?.code).toBe('PACKAGE_DIGEST_MISMATCH');
    const changed = entries.map((entry) =>
      entry.path.endsWith('.json') && entry.path !== 'manifest.json' ? { ...entry, content: configOf(wrong) } : entry,
    );
    await writeFile(join(folder, 'config.tar'), rawTar(changed));
    expect((await errorOf(readContents(join(folder, 'config.tar'))))?.code).toBe('PACKAGE_DIGEST_MISMATCH');
  });
});

describe('A chart archive', () => {
  it('is a package of one chart, under its own name', async () => {
    const path = join(folder, 'tool-1.0.0+build.tgz');
    const archive = await createChartArchive({ name: 'tool', version: '1.0.0+build', appVersion: '3', files: [] });
    await writeFile(path, archive);
    const contents = await readPackage(path);
    expect(labels(contents)).toEqual(['chart tool:1.0.0_build']);
    expect(await streamed(contents)).toContain(`sha256:${createHash('sha256').update(archive).digest('hex')}`);
    expect((await readConfigs(contents)).values().next().value?.chart).toEqual({
      name: 'tool',
      version: '1.0.0+build',
      appVersion: '3',
    });
  });
});

describe('imageNameOf', () => {
  const names: readonly [string, string | undefined][] = [
    ['docker.io/library/alpine:3.19', 'alpine:3.19'],
    ['alpine:3.19', 'alpine:3.19'],
    ['docker.io/ait/tool:v1', 'ait/tool:v1'],
    ['registry.local:5000/ait/tool:v1', 'ait/tool:v1'],
    ['localhost/ait/tool:v1', 'ait/tool:v1'],
    ['192.168.0.1/tool:v1', 'tool:v1'],
    ['ait/tool:v1', 'ait/tool:v1'],
    [`quay.io/ait/tool:v1@sha256:${'0'.repeat(64)}`, 'ait/tool:v1'],
    [`quay.io/ait/tool@sha256:${'0'.repeat(64)}`, undefined],
    ['quay.io/ait/tool', undefined],
    ['v1', undefined],
  ];
  it.each(names)('takes %s for %s', (text, expected) => {
    const name = imageNameOf(text);
    expect(name && `${name.repository}:${name.tag}`).toBe(expected);
  });
});
