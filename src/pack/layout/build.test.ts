import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packChartFolder } from '../oci/chart-folder.ts';
import { readChartArchive } from '../oci/chart.ts';
import { blobOf, mediaTypes } from '../oci/descriptor.ts';
import { artifactOf, createImage } from '../oci/image.ts';
import { buildPackage } from './build.ts';
import { choosePlatform } from './choose-platform.ts';
import { REF_NAME } from './contents.ts';
import { diffPackages } from './diff.ts';
import { readContents, readPackage } from './read.ts';
import { errorOf, noise, sampleArtifacts, writeLayout } from './sample.fixture.ts';
import { fileSource, memorySource } from './source.ts';
import { verifyPackage } from './verify.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-build-'));
});
afterEach(() => rm(folder, { recursive: true }));

const said = { name: 'sample', architecture: 'amd64', version: 'v1.0.0' };

describe('buildPackage', () => {
  it('writes the head, manifests and configs first', async () => {
    const path = join(folder, 'a.tgz');
    await buildPackage({ ...said, artifacts: await sampleArtifacts(), path });
    const names = execFileSync('tar', ['-tzf', path], { encoding: 'utf8' }).trim().split('\n');
    const { manifests, blobs } = await readPackage(path);
    const hex = (digest: string): string => `blobs/sha256/${digest.slice(7)}`;
    const configs = [...manifests.values()].flatMap(({ config }) => config?.digest ?? []);
    const head = ['oci-layout', 'index.json', 'contents.json', ...[...manifests.keys()].map(hex)];
    expect(names.slice(0, head.length)).toEqual(head);
    const inFront = new Set(names.slice(head.length, head.length + new Set(configs).size));
    expect(inFront).toEqual(new Set(configs.map(hex)));
    expect(names).toHaveLength(head.length + blobs.size);
  });

  it('stores what says that it is compressed as it is, and compresses the rest', async () => {
    const path = join(folder, 'a.tgz');
    const layers = [
      blobOf(mediaTypes.layer, 'stored'.repeat(10_000)),
      blobOf(mediaTypes.plainLayer, 'shrunk'.repeat(10_000)),
      blobOf('application/vnd.docker.image.rootfs.diff.tar.gzip', 'stored, too'.repeat(10_000)),
    ];
    const artifacts = [artifactOf({ repository: 'a', tag: 'b' }, blobOf(mediaTypes.config, '{}'), layers)];
    await buildPackage({ ...said, artifacts, path });
    const file = await readFile(path);
    expect(file.includes('stored'.repeat(1000))).toBe(true);
    expect(file.includes('stored, too'.repeat(1000))).toBe(true);
    expect(file.includes('shrunk'.repeat(10))).toBe(false);
    // gzip checks its own checksum and length.
    execFileSync('gzip', ['-t', path]);
    expect(await verifyPackage(path)).toMatchObject({ blobs: 4 });
  });

  it('says in contents.json what is in it, for readers that know nothing of OCI', async () => {
    const path = join(folder, 'a.tgz');
    await buildPackage({ ...said, artifacts: await sampleArtifacts(), path });
    const listing = JSON.parse(execFileSync('tar', ['-xzOf', path, 'contents.json'], { encoding: 'utf8' })) as {
      images: { name: string }[];
      blobs: { digest: string; sizeBytes: number }[];
      sizeBytes: number;
    };
    expect(listing).toMatchObject({ format: 1, ...said });
    expect(listing.images.map(({ name }) => name)).toEqual([
      'ait/chart-sample:v1.0.0',
      'ait/one:v1',
      'ait/two:v1',
      'ait/big:v1',
    ]);
    expect(listing.images[0]).toMatchObject({
      kind: 'chart',
      chart: { name: 'chart-sample', version: 'v1.0.0', appVersion: '7.1' },
    });
    expect(listing.images[3]).toMatchObject({ kind: 'image', platforms: ['linux/amd64'] });
    for (const { digest, sizeBytes } of listing.blobs)
      expect(execFileSync('tar', ['-xzOf', path, `blobs/sha256/${digest.slice(7)}`]).length).toBe(sizeBytes);
    expect(listing.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(listing.sizeBytes);
  });

  it('gives the same bytes from memory, from a package and from its folder, whenever it runs', async () => {
    const [a, b, c] = [join(folder, 'a.tgz'), join(folder, 'b.tgz'), join(folder, 'c.tgz')];
    await buildPackage({ ...said, artifacts: await sampleArtifacts(1_300_000), path: a });
    await buildPackage({ ...said, artifacts: await sampleArtifacts(1_300_000), path: b });
    expect((await readFile(a)).equals(await readFile(b))).toBe(true);
    await buildPackage({ ...said, sources: [fileSource(await readContents(a))], path: c });
    expect((await readFile(a)).equals(await readFile(c))).toBe(true);
  });

  it('refuses two different images under one name, and takes one that comes twice once', async () => {
    const image = (content: string) =>
      createImage({ name: { repository: 'a', tag: 'b' }, files: [{ path: 'f', content }] });
    const [one, other] = [await image('one'), await image('other')];
    const path = join(folder, 'a.tgz');
    const twice = buildPackage({ ...said, artifacts: [one], sources: [memorySource([other], 'other.tar')], path });
    expect((await errorOf(twice))?.message).toBe('other.tar: another source has a different image under the name a:b');
    await buildPackage({ ...said, artifacts: [one], sources: [memorySource([one])], path });
    expect((await readPackage(path)).images).toHaveLength(1);
  });

  it('takes one platform out of an index, also out of one whose other images are missing', async () => {
    const [amd, arm] = await Promise.all(
      ['amd64', 'arm64'].map((architecture) =>
        createImage({
          name: { repository: 'x', tag: 'x' },
          files: [{ path: 'f', content: architecture }],
          platform: { os: 'linux', architecture },
        }),
      ),
    );
    if (!amd || !arm) throw new Error('no images');
    const index = blobOf(
      mediaTypes.index,
      JSON.stringify({
        schemaVersion: 2,
        manifests: [
          { ...amd.top, platform: { os: 'linux', architecture: 'amd64' } },
          { ...arm.top, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        ],
      }),
    );
    const layout = join(folder, 'sparse');
    writeLayout(
      layout,
      { schemaVersion: 2, manifests: [{ ...index.descriptor, annotations: { [REF_NAME]: 'a:b' } }] },
      [index.bytes, ...[...amd.manifests, ...amd.blobs].map(({ bytes }) => bytes)],
    );
    expect((await errorOf(readPackage(layout)))?.details.found).toBe('no image for linux/arm64/v8');
    const contents = await readContents(layout);
    const source = { label: layout, manifests: contents.manifests };
    const top = choosePlatform(source, index.descriptor, 'linux/amd64');
    expect(choosePlatform(source, index.descriptor, 'linux/arm64').digest).toBe(arm.top.digest);
    expect(() => choosePlatform(source, index.descriptor, 'linux/s390x')).toThrow('holds no image for linux/s390x');
    const images = contents.images.map((image) => ({ ...image, top, platforms: [] }));
    const path = join(folder, 'a.tgz');
    await buildPackage({ ...said, sources: [fileSource(contents, images)], path });
    expect((await readPackage(path)).images).toMatchObject([
      { top: { digest: amd.top.digest }, platforms: ['linux/amd64'] },
    ]);
    expect(
      (await errorOf(buildPackage({ ...said, sources: [fileSource(contents)], path: join(folder, 'b.tgz') })))?.message,
    ).toContain('does not hold it');
  });

  it('says when the file cannot be written, and leaves nothing', async () => {
    const out = join(folder, 'out');
    await mkdir(out);
    const artifacts = [
      await createImage({ name: { repository: 'a', tag: 'b' }, files: [{ path: 'f', content: noise(1_000_000) }] }),
    ];
    await writeFile(join(folder, 'file'), '');
    expect((await errorOf(buildPackage({ ...said, artifacts, path: join(folder, 'file/a.tgz') })))?.code).toBe(
      'FILE_UNWRITABLE',
    );
    await mkdir(join(out, 'a.tgz'));
    expect((await errorOf(buildPackage({ ...said, artifacts, path: join(out, 'a.tgz') })))?.code).toBe(
      'FILE_UNWRITABLE',
    );
    await expect(
      buildPackage({ ...said, artifacts, path: join(out, 'b.tgz'), signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(out)).toEqual(['a.tgz']);
  });

  it('says when the disk is full, and leaves nothing on it', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk], { stdio: 'ignore' });
    if (mounted.status !== 0) {
      process.stderr.write('skipped: a full disk while a package is written, as a file system cannot be mounted\n');
      skip();
    }
    try {
      const files = [{ path: 'f', content: noise(2_000_000) }];
      const artifacts = [await createImage({ name: { repository: 'a', tag: 'b' }, files })];
      const error = await errorOf(buildPackage({ ...said, artifacts, path: join(disk, 'a.tgz') }));
      expect(error?.code).toBe('FILE_UNWRITABLE');
      expect(error?.message).toContain('no space left');
      expect(await readdir(disk)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('diffPackages', () => {
  it('tells what was added, removed and changed, and how many bytes are new', async () => {
    const [a, b] = [join(folder, 'a.tgz'), join(folder, 'b.tgz')];
    const image = (name: string, content: string) =>
      createImage({ name: { repository: name, tag: 'v1' }, files: [{ path: 'f', content }] });
    await buildPackage({
      ...said,
      artifacts: [await image('kept', 'k'), await image('gone', 'g'), await image('other', 'o')],
      path: a,
    });
    await buildPackage({
      ...said,
      artifacts: [await image('kept', 'k'), await image('other', 'p'), await image('copy', 'k')],
      path: b,
    });
    const diff = diffPackages(await readPackage(a), await readPackage(b));
    expect(diff.changes.map(({ change, name }) => `${change} ${name}`)).toEqual([
      'added copy:v1',
      'removed gone:v1',
      'changed other:v1',
    ]);
    expect(diff.unchanged).toBe(1);
    const { manifests } = await readPackage(b);
    const other = manifests.get(diff.changes[2]?.to ?? '');
    const size = (other?.descriptor.size ?? 0) + (other?.blobs ?? []).reduce((sum, blob) => sum + blob.size, 0);
    expect(diff.changes.map(({ newBytes }) => newBytes)).toEqual([0, 0, size]);
    expect(diff).toMatchObject({ newBlobs: 3, newBytes: size, goneBlobs: 6 });
  });
});

describe('packChartFolder', () => {
  it('archives what helm package would, the same bytes whatever the times and modes of the files', async () => {
    const chart = join(folder, 'chart');
    await mkdir(join(chart, 'templates/sub'), { recursive: true });
    await mkdir(join(chart, 'ci'));
    await mkdir(join(chart, '.git'));
    const files = {
      'Chart.yaml': 'apiVersion: v2\nname: tool\nversion: 1.2.3\n',
      'values.yaml': 'a: 1\n',
      'templates/sub/x.yaml': 'kind: X\n',
      'templates/.hidden': 'x',
      'notes.bak': 'x',
      'ci/values.yaml': 'x',
      '.git/HEAD': 'x',
      '.helmignore': '# comment\n.git/\n*.bak\n/ci/\n',
    };
    for (const [path, content] of Object.entries(files)) await writeFile(join(chart, path), content);
    const first = await packChartFolder(chart);
    expect([...(await readChartArchive(first, 'tool')).keys()].sort()).toEqual([
      '.helmignore',
      'Chart.yaml',
      'templates/sub/x.yaml',
      'values.yaml',
    ]);
    await utimes(join(chart, 'values.yaml'), 1, 1);
    await chmod(join(chart, 'values.yaml'), 0o600);
    expect((await packChartFolder(chart)).equals(first)).toBe(true);
  });

  it('takes a link for what it points at, as helm package does', async () => {
    const chart = join(folder, 'chart');
    await mkdir(join(chart, 'files'), { recursive: true });
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: tool\nversion: 1.2.3\n');
    await writeFile(join(chart, 'files/a.yaml'), 'a: 1\n');
    await symlink('files/a.yaml', join(chart, 'values.yaml'));
    await symlink('files', join(chart, 'templates'));
    const files = await readChartArchive(await packChartFolder(chart), 'tool');
    expect([...files].map(([path, content]) => [path, content.toString()]).sort()).toEqual([
      ['Chart.yaml', 'apiVersion: v2\nname: tool\nversion: 1.2.3\n'],
      ['files/a.yaml', 'a: 1\n'],
      ['templates/a.yaml', 'a: 1\n'],
      ['values.yaml', 'a: 1\n'],
    ]);
  });

  it('refuses links that lead out of the chart, to nothing, and into themselves', async () => {
    const chart = join(folder, 'chart');
    await mkdir(join(chart, 'a'), { recursive: true });
    const reasonFor = async (target: string): Promise<string | undefined> => {
      await rm(join(chart, 'a/link'), { force: true });
      await symlink(target, join(chart, 'a/link'));
      return (await errorOf(packChartFolder(chart)))?.message;
    };
    expect(await reasonFor('/etc/passwd')).toContain('is a link that leads out of the chart');
    expect(await reasonFor('../..')).toContain('is a link that leads out of the chart');
    expect(await reasonFor('nowhere')).toContain('is a link to nothing');
    expect(await reasonFor('../a')).toContain('is a link to a folder that it lies in');
    await mkdir(join(chart, 'b'));
    await symlink('../a', join(chart, 'b/link'));
    expect(await reasonFor('../b')).toContain('is a link to a folder that it lies in');
  });

  it('refuses a folder without Chart.yaml', async () => {
    await mkdir(join(folder, 'no-chart'));
    expect((await errorOf(packChartFolder(join(folder, 'no-chart'))))?.message).toContain('it holds no Chart.yaml');
    expect((await errorOf(packChartFolder(join(folder, 'absent'))))?.code).toBe('FILE_UNREADABLE');
  });
});
