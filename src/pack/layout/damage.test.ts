import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isGlobalctlError } from '../../base/index.ts';
import { bytesSource, readTar } from '../archive/index.ts';
import { rawTar, type RawEntry } from '../archive/raw-tar.fixture.ts';
import { createChartArchive, readChartArchive } from '../oci/chart.ts';
import { blobOf, digestOf, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { createImage } from '../oci/image.ts';
import { architectureOfName } from './architecture.ts';
import { buildPackage } from './build.ts';
import { blobPath, REF_NAME } from './contents.ts';
import { readContents, readPackage } from './read.ts';
import { errorOf, noise, sampleArtifacts, writeLayout } from './sample.fixture.ts';
import { memorySource } from './source.ts';
import { streamBlobs } from './stream.ts';
import { inspectSoundness, verifyPackage } from './verify.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-damage-'));
  path = join(folder, 'sample.amd64.v1.0.0.tgz');
  await buildPackage({
    name: 'sample',
    architecture: 'amd64',
    version: 'v1.0.0',
    artifacts: await sampleArtifacts(),
    path,
  });
});
afterEach(() => rm(folder, { recursive: true }));

/** The entries of the sample package, to be put together otherwise. */
async function entries(): Promise<RawEntry[]> {
  const found: RawEntry[] = [];
  for await (const { path: name, content } of readTar(bytesSource(gunzipSync(await readFile(path))), path)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found.push({ path: name, content: Buffer.concat(chunks) });
  }
  return found;
}

async function withEntries(change: (entries: RawEntry[]) => RawEntry[]): Promise<string> {
  const changed = join(folder, 'changed.tgz');
  await writeFile(changed, gzipSync(rawTar(change(await entries()))));
  return changed;
}

/** Digest of the one blob that is bigger than 20 kB. */
async function bigBlob(): Promise<Descriptor> {
  const big = [...(await readPackage(path)).blobs.values()].find(({ size }) => size > 20_000);
  if (!big) throw new Error('the sample has no big blob');
  return big;
}

const read = async (file: string): Promise<void> => {
  const contents = await readPackage(file);
  await streamBlobs(contents, contents.blobs, async (_descriptor, content) => {
    for await (const chunk of content) void chunk;
  });
};

describe('A package that is cut short', () => {
  it('is refused, wherever the cut is, by reading and by verifying', async () => {
    const whole = await readFile(path);
    const cut = join(folder, 'cut.tgz');
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 60)) {
      await writeFile(cut, whole.subarray(0, length));
      for (const refuse of [read, verifyPackage])
        expect((await errorOf(refuse(cut)))?.code, `${String(length)} bytes`).toBe('PACKAGE_INVALID');
    }
  });

  it('says that it is, and how much could not be looked at', async () => {
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 20_000));
    const { problems } = await inspectSoundness(path);
    expect(problems.map(({ message }) => message.replace(path, 'it'))).toEqual([
      'it: the archive is damaged or cut short: unexpected end of file',
      'it: 1 blobs could not be looked at: they lie in or behind the damage',
    ]);
  });
});

describe('A package that was changed', () => {
  it('is refused for each byte of a blob, a manifest, contents.json or the end of gzip that differs', async () => {
    const big = await bigBlob();
    const [manifest] = [...(await readPackage(path)).manifests.keys()];
    for (const name of [blobPath(big.digest), blobPath(manifest ?? ''), 'contents.json']) {
      const changed = await withEntries((all) =>
        all.map((entry) => {
          if (entry.path !== name) return entry;
          const content = Buffer.from(entry.content ?? '');
          content[content.length - 3] = (content[content.length - 3] ?? 0) ^ 1;
          return { ...entry, content };
        }),
      );
      const error = await errorOf(verifyPackage(changed));
      expect(error?.code, name).toBe('PACKAGE_DIGEST_MISMATCH');
    }
    const bytes = await readFile(path);
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await errorOf(verifyPackage(path))).toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  it('is refused when contents.json lists other things than it holds, even under the right digest', async () => {
    const lists: readonly string[] = ['{}', '{"images":"none","blobs":[null,7]}'];
    for (const listing of lists) {
      const changed = await withEntries((all) =>
        all.map((entry) => {
          if (entry.path === 'contents.json') return { ...entry, content: listing };
          if (entry.path !== 'index.json') return entry;
          const index = JSON.parse(String(entry.content)) as { annotations: Record<string, string> };
          index.annotations['dev.globalctl.package.contents'] = digestOf(listing);
          return { ...entry, content: JSON.stringify(index) };
        }),
      );
      expect((await errorOf(verifyPackage(changed)))?.message).toContain('lists other things than the package holds');
    }
    const without = await withEntries((all) => all.filter((entry) => entry.path !== 'contents.json'));
    expect((await errorOf(verifyPackage(without)))?.message).toContain('announces contents.json, and it is not there');
  });

  it('is told of everything that is wrong with it at once', async () => {
    const { blobs } = await readPackage(path);
    const [first, second] = [...blobs.keys()];
    const changed = await withEntries((all) => [
      ...all
        .filter((entry) => entry.path !== blobPath(first ?? ''))
        .map((entry) => (entry.path === blobPath(second ?? '') ? { ...entry, content: 'other content' } : entry)),
      { path: blobPath(`sha256:${'0'.repeat(64)}`), content: 'not what its name says, and nothing needs it' },
      { path: 'blobs/link', type: '2', linkTarget: '/etc/shadow' },
      { path: 'oci-layout', content: 'twice' },
    ]);
    const error = await errorOf(verifyPackage(changed, { architecture: 'arm64' }));
    expect(error?.details.causes?.map(({ code, message }) => `${code}${message.replace(changed, '')}`).sort()).toEqual([
      'PACKAGE_ARCHITECTURE: a package for amd64, and the nodes are arm64',
      'PACKAGE_ARCHITECTURE: ait/big:v1 does not run on arm64',
      'PACKAGE_ARCHITECTURE: ait/one:v1 does not run on arm64',
      'PACKAGE_ARCHITECTURE: ait/two:v1 does not run on arm64',
      `PACKAGE_DIGEST_MISMATCH: blob sha256:${'0'.repeat(64)} holds other content than its digest says`,
      `PACKAGE_DIGEST_MISMATCH: blob ${second ?? ''} holds other content than its digest says`,
      'PACKAGE_INVALID: it holds "oci-layout" twice',
      'PACKAGE_INVALID: it holds a link, "blobs/link"',
      `PACKAGE_INVALID: it names the blob ${first ?? ''} and does not hold it`,
    ]);
  });

  it('is refused when a descriptor lies about a size, in either direction', async () => {
    const image = await createImage({
      name: { repository: 'x', tag: 'x' },
      files: [{ path: 'f', content: noise(900) }],
    });
    for (const by of [1, -1]) {
      const [config, layer] = image.blobs;
      const lying = blobOf(
        mediaTypes.manifest,
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.manifest,
          config: config?.descriptor,
          layers: [{ ...layer?.descriptor, size: (layer?.descriptor.size ?? 0) + by }],
        }),
      );
      const index = { schemaVersion: 2, manifests: [{ ...lying.descriptor, annotations: { [REF_NAME]: 'a:b' } }] };
      const layout = join(folder, `lying${String(by)}`);
      writeLayout(layout, index, [lying.bytes, ...image.blobs.map(({ bytes }) => bytes)]);
      execFileSync('tar', ['-cf', `${layout}.tar`, '-C', layout, '.']);
      for (const form of [layout, `${layout}.tar`]) {
        expect((await errorOf(read(form)))?.code, form).toBe('PACKAGE_DIGEST_MISMATCH');
        expect((await errorOf(verifyPackage(form)))?.message).toContain('is not what its descriptor states');
      }
      const wrongSize = { ...index, manifests: [{ ...index.manifests[0], size: lying.descriptor.size + by }] };
      writeLayout(layout, wrongSize, []);
      expect((await errorOf(readContents(layout)))?.code).toBe('PACKAGE_DIGEST_MISMATCH');
    }
  });
});

describe('A package that is put together to do harm', () => {
  const attacks: readonly [string, RawEntry, RegExp][] = [
    ['a path that leads out of it', { path: 'blobs/../../../etc/cron.d/x', content: 'x' }, /leads out of the archive/],
    ['an absolute path', { path: '/etc/cron.d/x', content: 'x' }, /has an absolute path/],
    ['a symbolic link', { path: 'blobs/x', type: '2', linkTarget: '/etc/shadow' }, /holds a link, "blobs\/x"/],
    ['a hard link', { path: 'blobs/x', type: '1', linkTarget: 'index.json' }, /holds a link, "blobs\/x"/],
    ['a device', { path: 'blobs/x', type: '3' }, /is a device/],
    [
      'index.json twice',
      { path: 'index.json', content: '{"manifests":[]}' },
      /holds "index.json" twice|holds no images/,
    ],
  ];
  it.each(attacks)('is refused with %s, in front and behind', async (_what, entry, fault) => {
    for (const change of [(all: RawEntry[]) => [entry, ...all], (all: RawEntry[]) => [...all, entry]]) {
      const changed = await withEntries(change);
      const found = (await errorOf(verifyPackage(changed)))?.message ?? 'nothing';
      expect(found).toMatch(fault);
    }
    const changed = await withEntries((all) => [entry, ...all]);
    // The head alone tells, too.
    expect((await errorOf(readPackage(changed)))?.message).toMatch(fault);
    expect((await errorOf(read(changed)))?.message).toMatch(fault);
  });

  it('is refused when it names a blob or a manifest that it does not hold', async () => {
    const big = await bigBlob();
    const [manifest] = [...(await readPackage(path)).manifests.keys()];
    for (const digest of [big.digest, manifest ?? '']) {
      const changed = await withEntries((all) => all.filter((entry) => entry.path !== blobPath(digest)));
      expect((await errorOf(read(changed)))?.message).toContain(`${digest} and does not hold it`);
    }
  });

  it('is refused when a manifest is too long, is two things at once, or is not of the type that was announced', async () => {
    const tooLong = blobOf(mediaTypes.manifest, `{"schemaVersion":2,"x":"${'x'.repeat(4 * 1024 * 1024)}"}`);
    const both = blobOf(mediaTypes.index, '{"schemaVersion":2,"manifests":[],"layers":[]}');
    const image = await createImage({ name: { repository: 'x', tag: 'x' }, files: [] });
    const other = blobOf(mediaTypes.dockerManifest, image.manifests[0]?.bytes ?? '');
    const faults = [
      [tooLong, 'is longer than 4 MiB'],
      [both, 'an index and an image at once'],
      [other, 'of another type than its descriptor'],
    ] as const;
    for (const [index, [blob, fault]] of faults.entries()) {
      const layout = join(folder, String(index));
      const entry = { ...blob.descriptor, annotations: { [REF_NAME]: 'a:b' } };
      writeLayout(layout, { schemaVersion: 2, manifests: [entry] }, [blob.bytes]);
      expect((await errorOf(readContents(layout)))?.message).toContain(fault);
    }
  });

  it('is refused when its indexes are nested very deep', async () => {
    const layout = join(folder, 'deep');
    const blobs: Uint8Array[] = [];
    let below: readonly Descriptor[] = [];
    for (let depth = 0; depth < 12; depth++) {
      const index = blobOf(
        mediaTypes.index,
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: below }),
      );
      blobs.push(index.bytes);
      below = [index.descriptor];
    }
    writeLayout(layout, { schemaVersion: 2, manifests: below }, blobs);
    expect((await errorOf(readContents(layout)))?.message).toContain('nested more than 8 deep');
  });

  it('is refused as a chart that unpacks to very much, holds links, or leads out', async () => {
    const bomb = gzipSync(
      rawTar([
        { path: 'c/Chart.yaml', content: 'name: c' },
        { path: 'c/x', content: Buffer.alloc(2 ** 27) },
      ]),
    );
    expect(bomb.length).toBeLessThan(300_000);
    const faults: readonly [Uint8Array, string][] = [
      [bomb, 'more than 100 MiB'],
      [gzipSync(rawTar([{ path: 'c/x', type: '2', linkTarget: '/etc/passwd' }])), 'holds a link'],
      [gzipSync(rawTar([{ path: 'c/../../x', content: 'x' }])), 'leads out'],
      [
        gzipSync(
          rawTar([
            { path: 'c/x', content: '' },
            { path: 'c/x', content: '' },
          ]),
        ),
        'twice',
      ],
      [gzipSync(rawTar([{ path: 'c/values.yaml', content: '' }])), 'no Chart.yaml'],
      [rawTar([{ path: 'c/Chart.yaml', content: '' }]), 'not gzip'],
    ];
    for (const [archive, fault] of faults)
      expect((await errorOf(readChartArchive(archive, 'c.tgz')))?.message).toContain(fault);
  });

  it('leaves nothing in temporary folders', async () => {
    const before = (await readdir(folder)).length;
    const changed = await withEntries((all) => [...all, { path: '../x', content: 'x' }]);
    await errorOf(verifyPackage(changed));
    await errorOf(read(changed));
    expect((await readdir(folder)).length).toBe(before + 1);
  });
});

describe('A file that is no package', () => {
  const files: readonly [string, string | Uint8Array, string][] = [
    ['a site file', 'apiVersion: x\nkind: Site\n', 'text, as of a YAML file'],
    [
      'a web page',
      '<!DOCTYPE html><html><body>404</body></html>',
      'a web page, such as a server sends in place of a file',
    ],
    ['a zip archive', Buffer.from('504b0304140000000800', 'hex'), 'a zip archive'],
    ['an xz archive', Buffer.from('fd377a585a000004', 'hex'), 'an xz archive; decompress it first'],
    ['an answer of a server', '{"error":"not found"}', 'JSON text'],
    ['an empty file', '', 'an empty file'],
    ['zeros', Buffer.alloc(2000), 'zeros'],
    ['other bytes', Buffer.from('00ff00ff', 'hex'), 'a file that begins with 0x00ff00ff'],
  ];
  it.each(files)('is recognized: %s', async (_what, content, found) => {
    await writeFile(join(folder, 'file'), content);
    expect(await errorOf(readPackage(join(folder, 'file')))).toMatchObject({
      code: 'PACKAGE_INVALID',
      details: { found },
    });
  });

  it('is recognized: another archive, a Core Package, a folder, nothing at all', async () => {
    await writeFile(join(folder, 'core.tar'), rawTar([{ path: './installer/setup.sh', content: '' }]));
    await writeFile(join(folder, 'other.tgz'), gzipSync(rawTar([{ path: 'readme', content: 'x' }])));
    await mkdir(join(folder, 'empty'));
    expect((await errorOf(readPackage(join(folder, 'core.tar'))))?.hint).toContain('It is a Core Package');
    expect((await errorOf(readPackage(join(folder, 'other.tgz'))))?.details.found).toBe('"readme"');
    expect((await errorOf(readPackage(join(folder, 'empty'))))?.details.found).toBe('no index.json in it');
    expect((await errorOf(readPackage(join(folder, 'absent'))))?.code).toBe('FILE_UNREADABLE');
  });
});

describe('A package for another architecture', () => {
  it('cannot be built, and is told by what it says and by what its images say', async () => {
    const arm = await createImage({
      name: { repository: 'ait/arm', tag: 'v1' },
      files: [],
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    });
    const options = { name: 'x', version: 'v1', sources: [memorySource([arm])], path: join(folder, 'x.tgz') };
    expect(await errorOf(buildPackage({ ...options, architecture: 'amd64' }))).toMatchObject({
      code: 'PACKAGE_ARCHITECTURE',
      details: { expected: 'linux/amd64', found: 'linux/arm64/v8' },
    });
    expect(existsSync(options.path)).toBe(false);
    await buildPackage({ ...options, architecture: 'arm64' });
    expect(await verifyPackage(options.path)).toMatchObject({ images: 1 });
    expect((await errorOf(verifyPackage(options.path, { architecture: 'amd64' })))?.code).toBe('PACKAGE_ARCHITECTURE');
  });

  it('says so in its file name', () => {
    expect(architectureOfName('cluster-api-provider-dcs.amd64.v1.0.16.tgz')).toBe('amd64');
    expect(architectureOfName('cluster-api-provider-dcs.arm64.v1.0.16.tgz')).toBe('arm64');
    expect(architectureOfName('provider.tgz')).toBeUndefined();
  });
});

describe('A layout in a folder', () => {
  it('may be made of hard links, and lacks what is no regular file', async () => {
    const layout = join(folder, 'layout');
    const image = await createImage({ name: { repository: 'x', tag: 'x' }, files: [] });
    const index = { schemaVersion: 2, manifests: [{ ...image.top, annotations: { [REF_NAME]: 'a:b' } }] };
    writeLayout(
      layout,
      index,
      [...image.manifests, ...image.blobs].map(({ bytes }) => bytes),
    );
    const [config] = image.blobs;
    const place = join(layout, blobPath(config?.descriptor.digest ?? ''));
    await link(place, join(folder, 'kept'));
    await unlink(place);
    await mkdir(place);
    expect((await errorOf(read(layout)))?.message).toContain('does not hold it');
    await rm(place, { recursive: true });
    await link(join(folder, 'kept'), place);
    expect(await verifyPackage(layout)).toMatchObject({ blobs: 2 });
  });
});

it('A chart whose name or version no registry takes is refused', async () => {
  for (const [name, version] of [
    ['Chart', '1.0.0'],
    ['chart', 'v 1'],
  ] as const) {
    await writeFile(join(folder, 'c.tgz'), await createChartArchive({ name, version, files: [] }));
    expect((await errorOf(readContents(join(folder, 'c.tgz'))))?.details.found).toBe(`${name} ${version}`);
  }
});

it('A chart that Helm would take is taken', async () => {
  const files = await readChartArchive(await createChartArchive({ name: 'c', version: '1.0.0', files: [] }), 'c.tgz');
  expect([...files.keys()]).toEqual(['Chart.yaml', 'values.yaml']);
  expect(isGlobalctlError(await errorOf(readChartArchive(Buffer.from('x'), 'c.tgz')))).toBe(true);
});
