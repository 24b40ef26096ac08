import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '../../lab/registry/index.ts';
import {
  buildPackage,
  chartArtifact,
  createChartArchive,
  createImage,
  digestOf,
  pushPackage,
  readPackage,
  RegistryClient,
  tarOf,
  verifyPackage,
} from '../../pack/index.ts';
import { readPackFile } from '../pack-file/index.ts';
import { runCommand, type Outcome } from '../test-app.fixture.ts';
import { registerPack } from './pack.ts';

const hasSkopeo = existsSync('/usr/bin/skopeo');
if (!hasSkopeo) process.stderr.write('skipped: packages built of what skopeo writes, which is not installed\n');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-pack-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pack = (...args: string[]): Promise<Outcome> => runCommand(registerPack, ['pack', ...args], { cwd: folder });
const image = (repository: string, content: string) =>
  createImage({ name: { repository, tag: 'v1' }, files: [{ path: 'f', content }] });

/** A package with an image and a chart, as `parts.amd64.v1.0.0.tgz`. */
async function writeParts(content = 'one'): Promise<string> {
  const path = join(folder, 'parts.amd64.v1.0.0.tgz');
  const chart = await createChartArchive({ name: 'chart-part', version: '1.0.0', appVersion: '9', files: [] });
  const artifacts = [
    await image('ait/one', content),
    await image('ait/two', content),
    await chartArtifact('ait/chart-part', chart),
  ];
  await buildPackage({ name: 'parts', architecture: 'amd64', version: 'v1.0.0', artifacts, path });
  return path;
}

async function writePackFile(...lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'pack.yaml'), `${['name: all', 'version: v2.0.0', ...lines].join('\n')}\n`);
}

const namesIn = async (file: string): Promise<string[]> =>
  (await readPackage(join(folder, file))).images.map(({ kind, name }) => `${kind} ${name.repository}:${name.tag}`);

describe('pack build', () => {
  it('takes every archive of a folder, whatever their forms, and says when there are none', async () => {
    await mkdir(join(folder, 'delivery'));
    await rename(await writeParts(), join(folder, 'delivery/parts.amd64.v1.0.0.tgz'));
    const chart = await createChartArchive({ name: 'single', version: '3.0.0', files: [] });
    await writeFile(join(folder, 'delivery/single.tgz'), chart);
    const layer = await tarOf([{ path: 'f', content: 'x' }]);
    const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
    const saved = await tarOf([
      { path: 'config.json', content: config },
      { path: 'layer.tar', content: layer },
      { path: 'manifest.json', content: '[{"Config":"config.json","RepoTags":["saved:v1"],"Layers":["layer.tar"]}]' },
    ]);
    await writeFile(join(folder, 'delivery/saved.tar'), saved);
    await writeFile(join(folder, 'delivery/README.md'), 'what this is');
    await writePackFile('output: all.tgz', 'images:', '  - from: delivery');
    expect(await pack('build', '-f', 'pack.yaml')).toMatchObject({ exitCode: 0 });
    expect((await namesIn('all.tgz')).sort()).toEqual([
      'chart ait/chart-part:1.0.0',
      'chart single:3.0.0',
      'image ait/one:v1',
      'image ait/two:v1',
      'image saved:v1',
    ]);
    await writePackFile('images:', '  - from: delivery', '    name: ait/x:v1');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('delivery is a folder of archives');
    await mkdir(join(folder, 'empty'));
    await writePackFile('images:', '  - from: empty');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('neither an OCI layout nor archives');
  });

  it('takes images and charts from packages, chart folders and archives, and says where it wrote', async () => {
    await writeParts();
    await mkdir(join(folder, 'chart/templates'), { recursive: true });
    await writeFile(join(folder, 'chart/Chart.yaml'), 'apiVersion: v2\nname: from-folder\nversion: 0.1.0\n');
    await writeFile(
      join(folder, 'single.tgz'),
      await createChartArchive({ name: 'single', version: '3.0.0', files: [] }),
    );
    await mkdir(join(folder, 'out'));
    await writePackFile(
      'output: out',
      'images:',
      '  - from: parts.amd64.v1.0.0.tgz',
      '    select: ait/one:v1',
      '    name: ait/renamed:v1',
      'charts:',
      '  - from: chart',
      '    repository: ait/chart-folder',
      '  - from: single.tgz',
    );
    const outcome = await pack('build', '-f', 'pack.yaml');
    expect(outcome).toMatchObject({ exitCode: 0, stdout: `${join(folder, 'out/all.amd64.v2.0.0.tgz')}\n` });
    expect(await namesIn('out/all.amd64.v2.0.0.tgz')).toEqual([
      'image ait/renamed:v1',
      'chart ait/chart-folder:0.1.0',
      'chart single:3.0.0',
    ]);
    expect(await verifyPackage(join(folder, 'out/all.amd64.v2.0.0.tgz'), { diffIds: true })).toMatchObject({
      images: 3,
    });
  });

  it.skipIf(!hasSkopeo)('takes layouts and docker save archives that skopeo wrote', async () => {
    await mkdir(join(folder, 'layout'));
    execFileSync('tar', ['-xzf', await writeParts(), '-C', join(folder, 'layout')]);
    for (const target of [
      'docker-archive:saved.tar:registry.local:5000/ait/saved:v7',
      'oci:tagged:v1',
      'oci-archive:oci.tar',
    ])
      execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', 'oci:layout:ait/one:v1', target], { cwd: folder });
    await writePackFile(
      'images:',
      '  - from: saved.tar',
      '  - from: tagged',
      '    name: ait/tagged:v1',
      '  - from: oci.tar',
      '    name: ait/untagged:v1',
    );
    expect((await pack('build', '-f', 'pack.yaml')).exitCode).toBe(0);
    expect(await namesIn('all.amd64.v2.0.0.tgz')).toEqual([
      'image ait/saved:v7',
      'image ait/tagged:v1',
      'image ait/untagged:v1',
    ]);
    await writePackFile('images:', '  - from: tagged');
    const outcome = await pack('build', '-f', 'pack.yaml');
    expect(outcome).toMatchObject({ exitCode: 9, error: 'PACK_FILE_INVALID' });
    expect(outcome.stderr).toContain('tagged holds no image that has a name');
  });

  it('takes images and charts from a registry, by tag and by digest', async () => {
    const registry = await startRegistry({ folder: join(folder, 'registry') });
    try {
      const client = new RegistryClient({ address: registry.address });
      await pushPackage({ path: await writeParts(), client });
      const digest = await client.findManifest('ait/two', 'v1');
      await client.close();
      await writePackFile(
        'images:',
        `  - from: docker://${registry.address}/ait/one:v1`,
        `  - from: docker://${registry.address}/ait/two@${digest ?? ''}`,
        '    name: ait/pinned:v1',
        'charts:',
        `  - from: oci://${registry.address}/ait/chart-part:1.0.0`,
      );
      expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('3 images and charts');
      expect(await namesIn('all.amd64.v2.0.0.tgz')).toEqual([
        'image ait/one:v1',
        'image ait/pinned:v1',
        'chart ait/chart-part:1.0.0',
      ]);
      expect(await verifyPackage(join(folder, 'all.amd64.v2.0.0.tgz'))).toMatchObject({ images: 3 });
      await writePackFile('images:', `  - from: docker://${registry.address}/ait/gone:v1`);
      expect(await pack('build', '-f', 'pack.yaml')).toMatchObject({ exitCode: 9, error: 'REGISTRY_NOT_FOUND' });
    } finally {
      await registry.close();
    }
  });

  it('leaves nothing when a source turns out to be damaged', async () => {
    await truncate(await writeParts(), 900);
    await writePackFile('output: out/all.tgz', 'images:', '  - from: parts.amd64.v1.0.0.tgz');
    expect(await pack('build', '-f', 'pack.yaml')).toMatchObject({ exitCode: 9, error: 'PACKAGE_INVALID' });
    expect(await readdir(folder)).toEqual(['pack.yaml', 'parts.amd64.v1.0.0.tgz']);
  });
});

describe('A pack.yaml', () => {
  const faults: readonly [string, readonly string[], string, number, number][] = [
    ['an unknown field', ['imags: []', 'images: [{from: x}]'], 'imags is not a field of a pack.yaml', 3, 1],
    [
      'a field of a source that is unknown',
      ['images:', '  - form: x', '    from: y'],
      'images[0].form is not a field',
      4,
      5,
    ],
    [
      'a value of a wrong form',
      ['images:', '  - from: x', '    name: NoTag'],
      'images[0].name does not have the form',
      5,
      11,
    ],
    ['a value of a wrong type', ['images:', '  - from: 7'], 'images[0].from does not have the form', 4, 11],
    [
      'an architecture that there is none of',
      ['architecture: s390x', 'images: [{from: x}]'],
      'architecture does not',
      3,
      15,
    ],
    ['a field that is missing', ['images:', '  - name: a:b'], 'images[0].from is missing', 4, 5],
    ['nothing to pack', ['images: []'], 'nothing goes into the package', 1, 1],
    ['a key that occurs twice', ['name: again', 'images: [{from: x}]'], 'Map keys must be unique', 3, 1],
    ['what is no YAML', ['images: [', '  - from'], 'Block collections are not allowed', 4, 3],
  ];
  it.each(faults)('with %s is refused at its place', async (_what, lines, message, line, column) => {
    await writePackFile(...lines);
    const path = join(folder, 'pack.yaml');
    const error = (await readPackFile(path).catch((thrown: unknown) => thrown)) as {
      code: string;
      message: string;
      details: { place?: object; snippet?: string; causes?: { message: string; details: { place?: object } }[] };
    };
    const [first] = error.details.causes ?? [error];
    expect(error.code).toBe('PACK_FILE_INVALID');
    expect(first?.message).toContain(message);
    expect(first?.details.place).toEqual({ file: path, line, column });
  });

  it('is as the documentation shows it', async () => {
    const page = await readFile(fileURLToPath(new URL('../../../docs/packages.md', import.meta.url)), 'utf8');
    const example = /```yaml\n(name: [\s\S]*?)```/.exec(page)?.[1] ?? '';
    await writeFile(join(folder, 'pack.yaml'), example);
    const file = await readPackFile(join(folder, 'pack.yaml'));
    expect([file.images.length, file.charts.length]).toEqual([4, 1]);
  });

  it('is told of all its faults at once', async () => {
    await writePackFile('architecture: x', 'foo: 1', 'images: [{from: x, select: X}]');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('pack.yaml has 3 errors');
  });

  it('says at which field a source is not there, or does not hold what is selected', async () => {
    await writeParts();
    await writePackFile('images:', '  - from: absent.tar');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('absent.tar cannot be read');
    await writePackFile('images:', '  - from: parts.amd64.v1.0.0.tgz', '    select: ait/three:v1');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('does not hold ait/three:v1');
    await writePackFile('images:', '  - from: parts.amd64.v1.0.0.tgz', '    name: ait/x:v1');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('one name cannot stand for all');
    await writePackFile('charts:', '  - from: docker://127.0.0.1:1/ait/x');
    expect((await pack('build', '-f', 'pack.yaml')).stderr).toContain('from says neither tag nor digest');
    await writePackFile('charts:', '  - from: gone');
    expect(await pack('build', '-f', 'pack.yaml')).toMatchObject({ error: 'PACK_FILE_INVALID' });
    expect(await pack('build', '-f', 'absent.yaml')).toMatchObject({ exitCode: 2, error: 'FILE_UNREADABLE' });
  });
});

describe('pack inspect, verify, diff and list', () => {
  it('show a tree with sizes, charts and what is shared', async () => {
    await writeParts();
    const { stdout } = await pack('inspect', 'parts.amd64.v1.0.0.tgz');
    expect(stdout).toMatch(
      /^parts v1\.0\.0 \(amd64\): package, 2 images, 1 charts, [\d.]+ kB, [\d.]+ kB saved by sharing\n/,
    );
    expect(stdout).toMatch(
      /\nimage {2}ait\/one:v1 {2}sha256:\w{12} {2}.* linux\/amd64\n {2}layer {2}sha256:\w{12} {2}.* in 2 images\n/,
    );
    expect(stdout).toMatch(/\nchart {2}ait\/chart-part:1\.0\.0 .* chart chart-part 1\.0\.0, app 9\n/);
    const tree = JSON.parse((await pack('inspect', 'parts.amd64.v1.0.0.tgz', '-o', 'json')).stdout) as {
      sizeBytes: number;
      savedBytes: number;
      images: { name: string; sizeBytes: number; ownBytes: number }[];
    };
    expect(tree.images.map(({ name, ownBytes }) => [name, ownBytes > 0])).toEqual([
      ['ait/one:v1', false],
      ['ait/two:v1', false],
      ['ait/chart-part:1.0.0', true],
    ]);
    expect(tree.images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - tree.sizeBytes).toBe(tree.savedBytes);
  });

  it('verify a signature, list every problem, and end with 9 when there is one', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    await writeFile(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeParts();
    await writePackFile('images:', '  - from: parts.amd64.v1.0.0.tgz');
    expect(await pack('build', '-f', 'pack.yaml', '--sign-key', 'key')).toMatchObject({ exitCode: 0 });
    const sound = await pack('verify', '--key', 'key.pub', '--diff-ids', 'all.amd64.v2.0.0.tgz');
    expect(sound.stdout).toMatch(
      /^all\.amd64\.v2\.0\.0\.tgz is sound: 3 images and charts, 4 blobs, .* signed by sha256:/,
    );
    const unsigned = await pack(
      'verify',
      '--key',
      'key.pub',
      '--architecture',
      'arm64',
      '-o',
      'json',
      'parts.amd64.v1.0.0.tgz',
    );
    expect(unsigned.exitCode).toBe(9);
    const report = JSON.parse(unsigned.stdout) as { isSound: boolean; problems: { code: string }[] };
    expect([report.isSound, report.problems.map(({ code }) => code)]).toEqual([
      false,
      ['PACKAGE_SIGNATURE', 'PACKAGE_ARCHITECTURE', 'PACKAGE_ARCHITECTURE', 'PACKAGE_ARCHITECTURE'],
    ]);
    expect(await pack('verify', '--key', 'absent.pub', 'all.amd64.v2.0.0.tgz')).toMatchObject({ exitCode: 2 });
  });

  it('compare two packages', async () => {
    await writeParts();
    await writePackFile('images:', '  - from: parts.amd64.v1.0.0.tgz', '    select: ait/two:v1');
    await pack('build', '-f', 'pack.yaml');
    await writeParts('changed');
    const { stdout, exitCode } = await pack('diff', 'all.amd64.v2.0.0.tgz', 'parts.amd64.v1.0.0.tgz');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/ {2}sha256.*/, ''))).toEqual([
      '+ chart  ait/chart-part:1.0.0',
      '+ image  ait/one:v1',
      '~ image  ait/two:v1',
      expect.stringMatching(
        /^2 added, 0 removed, 1 changed, 0 the same; [\d.]+ kB new in 6 blobs, [\d.]+ kB gone in 3$/,
      ) as string,
      '',
    ]);
    const json = JSON.parse(
      (await pack('diff', 'all.amd64.v2.0.0.tgz', 'parts.amd64.v1.0.0.tgz', '-o', 'json')).stdout,
    ) as object;
    expect(json).toMatchObject({ unchanged: 0, newBlobs: 6, goneBlobs: 3 });
  });

  it('list what a registry holds, with digests and sizes as JSON', async () => {
    const registry = await startRegistry({ folder: join(folder, 'registry') });
    try {
      const client = new RegistryClient({ address: registry.address });
      const { contents } = await pushPackage({ path: await writeParts(), client });
      await client.close();
      expect((await pack('list', '-r', registry.address)).stdout).toBe(
        'ait/chart-part:1.0.0\nait/one:v1\nait/two:v1\n',
      );
      const listed = JSON.parse((await pack('list', '-r', registry.address, '-o', 'json')).stdout) as object[];
      const [one] = contents.images;
      const manifest = contents.manifests.get(one?.top.digest ?? '');
      const sizeBytes = (one?.top.size ?? 0) + (manifest?.blobs ?? []).reduce((sum, { size }) => sum + size, 0);
      expect(listed[1]).toEqual({
        repository: 'ait/one',
        tag: 'v1',
        kind: 'image',
        digest: one?.top.digest,
        mediaType: one?.top.mediaType,
        sizeBytes,
        platforms: [],
      });
      expect(listed[0]).toMatchObject({ kind: 'chart', tag: '1.0.0' });
    } finally {
      await registry.close();
    }
  });
});
