import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../base/index.ts';
import { hasDebianRegistry } from '../../../test/rigs/registry/debian-registry.ts';
import { sideLoad } from './side-load.ts';
import { hasSkopeo, PushStage, SAMPLE_IMAGES } from '../../../test/rigs/push/push-stage.ts';

if (!hasDebianRegistry) process.stderr.write('skipped: side-loading docker-registry, which is not installed\n');

let stage: PushStage;
let layout: string;
beforeEach(async () => {
  if (!hasDebianRegistry) return;
  stage = await PushStage.set('docker-registry');
  layout = join(stage.folder, 'layout');
  await mkdir(layout);
  await runCommand({ program: 'tar', args: ['-xzf', stage.path, '-C', layout] });
});
afterEach(async () => {
  if (hasDebianRegistry) await stage[Symbol.asyncDispose]();
});

const dataOf = (digest: string): string =>
  join(stage.storage, 'docker/registry/v2/blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data');

/** The user who owns nothing. */
const NOBODY = 65534;

describe.skipIf(!hasDebianRegistry)('Side-loading a docker-registry', () => {
  it('puts an archive into its storage, from which it answers as after a push', async () => {
    const result = await sideLoad({ path: stage.path, client: stage.direct, folder: stage.storage });
    expect(result).toMatchObject({ pushedImages: 3, presentImages: 0, linkedBlobs: 0 });
    expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
    expect(await sideLoad({ path: stage.path, client: stage.direct, folder: stage.storage })).toMatchObject({
      pushedImages: 0,
      presentImages: 3,
      copiedBlobs: 0,
    });
    const version2 = join(stage.storage, 'docker/registry/v2');
    expect((await readdir(version2)).sort()).toEqual(['blobs', 'repositories']);
  });

  it.skipIf(!hasSkopeo)('is read by skopeo, byte for byte', async () => {
    await sideLoad({ path: stage.path, client: stage.direct, folder: stage.storage });
    const copy = join(stage.folder, 'copy');
    await runCommand({
      program: 'skopeo',
      args: [
        '--insecure-policy',
        'copy',
        '--src-tls-verify=false',
        `docker://${stage.direct.address}/ait/big:v1`,
        `dir:${copy}`,
      ],
    });
    const contents = await stage.contents();
    const big = contents.images.find(({ name }) => name.repository === 'ait/big');
    const manifest = contents.manifests.get(big?.top.digest ?? '');
    expect(await readFile(join(copy, 'manifest.json'))).toEqual(Buffer.from(manifest?.bytes ?? []));
    for (const { digest, size } of manifest?.blobs ?? [])
      expect((await stat(join(copy, digest.slice(7)))).size).toBe(size);
  });

  it('gives blobs of a folder a second name there instead of copying them', async () => {
    const contents = await stage.contents();
    const result = await sideLoad({ path: layout, client: stage.direct, folder: stage.storage });
    expect(result).toMatchObject({ linkedBlobs: contents.blobs.size, copiedBlobs: 0, copiedBytes: 0 });
    for (const digest of contents.blobs.keys()) {
      const source = await stat(join(layout, 'blobs/sha256', digest.slice(7)));
      expect((await stat(dataOf(digest))).ino).toBe(source.ino);
    }
    expect(await stage.pulled()).toEqual(SAMPLE_IMAGES);
  });

  it('tags nothing when a blob of the folder is damaged, and leaves nothing in the workshop', async () => {
    const [digest] = [...(await stage.contents()).blobs].sort(([, a], [, b]) => b.size - a.size)[0] ?? [];
    const path = join(layout, 'blobs/sha256', (digest ?? '').slice(7));
    const bytes = await readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await chmod(path, 0o644);
    await writeFile(path, bytes);
    await expect(sideLoad({ path: layout, client: stage.direct, folder: stage.storage })).rejects.toMatchObject({
      code: 'PACKAGE_DIGEST_MISMATCH',
    });
    expect(await stage.pulled()).toEqual([]);
    const version2 = join(stage.storage, 'docker/registry/v2');
    expect((await readdir(version2)).filter((name) => name.startsWith('.'))).toEqual([]);
    await expect(stat(dataOf(digest ?? ''))).rejects.toThrow('ENOENT');
  });

  it('refuses a folder that is not where the registry writes, before it changes anything', async () => {
    const other = join(stage.folder, 'other');
    await mkdir(join(other, 'docker/registry/v2/repositories'), { recursive: true });
    await expect(sideLoad({ path: layout, client: stage.direct, folder: other })).rejects.toMatchObject({
      code: 'REGISTRY_SIDE_LOAD',
      message: expect.stringContaining('is not where registry') as string,
    });
    expect(await readdir(join(other, 'docker/registry/v2'))).toEqual(['repositories']);
  });

  it.skipIf(process.getuid?.() !== 0)('says so when its user may not write there, and changes nothing', async () => {
    await chmod(stage.folder, 0o755);
    await chmod(join(stage.storage, '..'), 0o755);
    process.seteuid?.(NOBODY);
    try {
      await expect(sideLoad({ path: stage.path, client: stage.direct, folder: stage.storage })).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining('EACCES') as string,
      });
    } finally {
      process.seteuid?.(0);
    }
    expect(await readdir(join(stage.storage, 'docker/registry/v2'))).toEqual(['repositories']);
    expect(await stage.pulled()).toEqual([]);
  });

  it('says so when the registry does not serve what was put into its storage', async () => {
    const { RegistryClient } = await import('../index.ts');
    const client = new RegistryClient({ address: stage.proxy.address, scheme: 'http' });
    stage.proxy.decide = ({ method, path }) =>
      method === 'HEAD' && path.includes('/manifests/') ? { kind: 'answer', status: 404 } : undefined;
    try {
      await expect(sideLoad({ path: layout, client, folder: stage.storage })).rejects.toMatchObject({
        code: 'REGISTRY_SIDE_LOAD',
        message: expect.stringContaining('does not serve') as string,
      });
    } finally {
      await client.close();
    }
  });
});
