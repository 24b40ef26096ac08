import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fieldAt, resources, type KubeObject } from '../../kube/index.ts';
import { make, makeSecret, namespace, populate, Side } from '../../../test/rigs/import/sides.ts';
import { applyRestore } from './apply-restore.ts';
import { planRestore, type RestorePlan } from './plan-restore.ts';
import { readBackup, verifyBackup } from './read-backup.ts';
import { writeBackup } from './write-backup.ts';

const nowMs = Date.UTC(2026, 4, 1);
const custom = [resources.clusters, resources.kubeadmControlPlanes, resources.machines, resources.kubeadmConfigs];

let source: Side;
let folder: string;
let path: string;
beforeAll(async () => {
  source = await Side.start();
  await populate(source);
  folder = await mkdtemp(join(tmpdir(), 'globalctl-backup-'));
});
beforeEach(() => {
  path = join(folder, 'backup.tar.gz');
});
afterEach(async () => {
  await rm(path, { force: true });
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a backup', () => {
  it('holds definitions, custom resources, Secrets and ConfigMaps with uid, state and owners, for its owner only', async () => {
    const manifest = await writeBackup({ client: source.client, path, nowMs });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['backup.tar.gz']);
    expect(manifest).toMatchObject({ createdAt: '2026-05-01T00:00:00.000Z', server: source.client.server });
    const { objects } = await readBackup(path);
    expect(objects).toHaveLength(manifest.objects.length);
    for (const resource of [...custom, resources.secrets, resources.configMaps, resources.customResourceDefinitions]) {
      const { items } = await source.client.list(resource, resource.namespaced ? { namespace } : {});
      expect(objects.filter((o) => o.kind === resource.kind)).toEqual(items);
    }
    expect(new Set(manifest.objects.map((o) => o.path)).size).toBe(manifest.objects.length);
  });

  it('is opened by tar, and a manifest at its end has the sha256 of each file', async () => {
    await writeBackup({ client: source.client, path, nowMs });
    const names: string[] = [];
    const archive = createReadStream(path).pipe(createGunzip()).pipe(extract());
    for await (const entry of archive) {
      names.push(entry.header.name);
      expect(entry.header.mode).toBe(0o600);
      entry.resume();
    }
    expect(names[names.length - 1]).toBe('manifest.json');
    expect(names).toContain('objects/secrets/cpaas-system/global-secret.json');
    expect(names).toContain('objects/machines.cluster.x-k8s.io/cpaas-system/global-kcp-0.json');
  });

  it('with a passphrase is opened by nothing else', async () => {
    await writeBackup({ client: source.client, path, nowMs, passphrase: 'correct horse' });
    const bytes = await readFile(path);
    expect(bytes.includes('global-secret')).toBe(false);
    expect((await readBackup(path, 'correct horse')).objects.length).toBeGreaterThan(20);
    await expect(verifyBackup(path)).rejects.toMatchObject({ code: 'BACKUP_SEALED' });
    await expect(verifyBackup(path, 'battery staple')).rejects.toMatchObject({ code: 'BACKUP_SEALED' });
  });

  it.each(['in clear', 'encrypted'])('%s that was changed anywhere is not read', async (form) => {
    const passphrase = form === 'encrypted' ? 'p' : undefined;
    await writeBackup({ client: source.client, path, nowMs, passphrase });
    const bytes = await readFile(path);
    for (const at of [0.3, 0.6, 0.9]) {
      const changed = Buffer.from(bytes);
      const offset = Math.floor(bytes.length * at);
      changed[offset] = (changed[offset] ?? 0) ^ 0x40;
      await writeFile(path, changed);
      await expect(verifyBackup(path, passphrase)).rejects.toMatchObject({
        code: expect.stringMatching(/^BACKUP_(INVALID|SEALED)$/) as string,
      });
    }
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    await expect(verifyBackup(path, passphrase)).rejects.toMatchObject({
      code: expect.stringMatching(/^BACKUP_(INVALID|SEALED)$/) as string,
    });
  });

  it('whose manifest and files do not agree is not read', async () => {
    await writeBackup({ client: source.client, path, nowMs });
    const files = new Map<string, Buffer>();
    for await (const entry of createReadStream(path).pipe(createGunzip()).pipe(extract())) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      files.set(entry.header.name, Buffer.concat(chunks));
    }
    const write = async (change: (all: Map<string, Buffer>) => void): Promise<void> => {
      const all = new Map(files);
      change(all);
      const archive = pack();
      for (const [name, content] of all) archive.entry({ name }, content);
      archive.finalize();
      const chunks: Buffer[] = [];
      for await (const chunk of archive) chunks.push(chunk as Buffer);
      await writeFile(path, gzipSync(Buffer.concat(chunks)));
    };
    const secret = 'objects/secrets/cpaas-system/global-secret.json';
    await write((all) => all.set(secret, Buffer.from('{"kind":"Secret"}\n')));
    await expect(verifyBackup(path)).rejects.toThrow(`${secret} is not what the manifest says`);
    await write((all) => all.delete(secret));
    await expect(verifyBackup(path)).rejects.toThrow(`${secret} is missing`);
    await write((all) => all.set('objects/secrets/cpaas-system/more.json', Buffer.from('{}')));
    await expect(verifyBackup(path)).rejects.toThrow('more.json is not what the manifest says');
    await write((all) => all.delete('manifest.json'));
    await expect(verifyBackup(path)).rejects.toThrow('it has no manifest');
  });

  it('that cannot be written leaves nothing behind', async () => {
    const broken = { ...source.client, server: '', listPages: failing } as unknown as Side['client'];
    await expect(writeBackup({ client: broken, path, nowMs })).rejects.toThrow('the list broke off');
    expect(await readdir(folder)).toEqual([]);
    const file = join(folder, 'file');
    await writeFile(file, '');
    const nowhere = writeBackup({ client: source.client, path: join(file, 'backup'), nowMs });
    await expect(nowhere).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    const taken = join(folder, 'taken');
    await mkdir(join(taken, 'inside'), { recursive: true });
    const onto = writeBackup({ client: source.client, path: taken, nowMs });
    await expect(onto).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    await rm(taken, { recursive: true });
    await rm(file);
    expect(await readdir(folder)).toEqual([]);
  });
});

// eslint-disable-next-line require-yield
async function* failing(): AsyncGenerator<never, void, void> {
  throw new Error('the list broke off');
}

describe('restoring', () => {
  let target: Side;
  beforeEach(async () => {
    target = await Side.start();
    await writeBackup({ client: source.client, path, nowMs });
  });
  afterEach(async () => {
    await target[Symbol.asyncDispose]();
  });

  const plan = async (side = target): Promise<RestorePlan> => planRestore(side.client, await readBackup(path));
  const actions = ({ items }: RestorePlan): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { action } of items) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  };
  const apply = async (withEtcd: boolean): Promise<{ written: number }> =>
    applyRestore({
      client: target.client,
      plan: await plan(),
      store: withEtcd ? target.store : undefined,
      signal: AbortSignal.timeout(30_000),
    });

  it.each([
    ['through the API', false],
    ['by key', true],
  ])('%s brings everything back, paused, with states and owners', async (_how, withEtcd) => {
    await apply(withEtcd);
    const uids = new Map<string, string>();
    for (const resource of custom) {
      const [before, after] = await Promise.all([source.list(resource), target.list(resource)]);
      expect(after.map((o) => o.metadata.name)).toEqual(before.map((o) => o.metadata.name));
      for (const [i, { metadata }] of before.entries()) uids.set(after[i]?.metadata.uid ?? '', metadata.uid ?? '');
      const shown = ({ metadata: { finalizers, ownerReferences = [] }, status }: KubeObject): unknown => ({
        status,
        finalizers,
        owners: ownerReferences.map((o) => ({ ...o, uid: uids.get(o.uid) ?? '?' })),
      });
      expect(after.map(shown)).toEqual(
        before.map((o) => ({ ...(shown(o) as object), owners: o.metadata.ownerReferences ?? [] })),
      );
    }
    expect([...uids].filter(([now, then]) => now === then)).toHaveLength(withEtcd ? uids.size : 0);
    const cluster = await target.get(resources.clusters, 'global');
    expect(fieldAt(cluster, 'spec', 'paused')).toBe(true);
    const kubeconfig = await target.get(resources.secrets, 'global-kubeconfig');
    expect(kubeconfig.metadata.ownerReferences?.[0]?.uid).toBe(cluster.metadata.uid);
    expect(actions(await plan())).not.toHaveProperty('create');
    expect(await apply(withEtcd)).toEqual({ written: 0 });
  });

  it('into the cluster that it came from finds everything there', async () => {
    const { items, refusals } = await plan(source);
    const other = items.filter((i) => i.action !== 'same' && i.action !== 'skip').map((i) => i.object.kind);
    // Its Cluster is not paused, which a restored one would be.
    expect(other).toEqual(['Cluster']);
    expect(refusals).toEqual(['Cluster cpaas-system/global is not paused: its controllers work on the objects']);
  });

  it('puts back what was deleted, with the owners that are there', async () => {
    await apply(true);
    const machine = await target.get(resources.machines, 'global-kcp-1');
    await target.client.delete(resources.secrets, { name: 'global-kubeconfig', namespace });
    expect(actions(await plan())).toMatchObject({ create: 1 });
    expect(await apply(false)).toEqual({ written: 1 });
    const cluster = await target.get(resources.clusters, 'global');
    const secret = await target.get(resources.secrets, 'global-kubeconfig');
    expect(secret.metadata.ownerReferences?.[0]?.uid).toBe(cluster.metadata.uid);
    expect((await target.get(resources.machines, 'global-kcp-1')).metadata).toEqual(machine.metadata);
  });

  it('shows a changed object and puts its content back', async () => {
    await apply(true);
    const ref = { name: 'global-kcp', namespace };
    const body = { spec: { version: 'v9.9.9' } };
    await target.client.patch(resources.kubeadmControlPlanes, ref, { type: 'merge', body });
    const { items } = await plan();
    const changed = items.filter((i) => i.action === 'change');
    expect(changed.map((i) => i.object.metadata.name)).toEqual(['global-kcp']);
    expect(fieldAt(changed[0]?.present, 'spec', 'version')).toBe('v9.9.9');
    expect(await apply(false)).toEqual({ written: 1 });
    const present = await target.get(resources.kubeadmControlPlanes, 'global-kcp');
    expect(fieldAt(present, 'spec', 'version')).toBe('v1.33.7-2');
  });

  it('is refused where another object has the name, before anything is written', async () => {
    await makeSecret(target.client, 'global-secret', { accessKey: 'somebody else' });
    const { refusals } = await plan();
    expect(refusals).toEqual(['Secret cpaas-system/global-secret is another object there']);
    await expect(apply(false)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect((await target.client.list(resources.customResourceDefinitions)).items).toEqual([]);
  });

  it('is refused while controllers work on the Cluster that is there', async () => {
    await apply(true);
    const unpaused = { spec: { paused: false } };
    await target.client.patch(resources.clusters, { name: 'global', namespace }, { type: 'merge', body: unpaused });
    await target.client.patch(
      resources.machines,
      { name: 'global-kcp-0', namespace },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await target.client.delete(resources.machines, { name: 'global-kcp-0', namespace });
    await expect(apply(false)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
  });

  it('leaves what the backup does not know', async () => {
    await apply(false);
    await make(target.client, resources.kubeadmConfigs, { name: 'global-new', spec: {} });
    await apply(false);
    expect((await target.list(resources.kubeadmConfigs)).map((c) => c.metadata.name)).toContain('global-new');
  });
});
