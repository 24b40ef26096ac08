import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prefixRange } from '../../../etcd/index.ts';
import { coreCrds } from '../../../kube/crds/index.ts';
import { fieldAt, resources, type KubeObject } from '../../../kube/index.ts';
import { goBack } from './go-back.ts';
import {
  credentials,
  make,
  makeSecret,
  namespace,
  populate,
  prepareSource,
  setImportList,
  Side,
} from '../../../../test/rigs/import/sides.ts';
import { importCluster, type ImportOptions, type ImportResult } from './import.ts';

const moved = [resources.clusters, resources.kubeadmControlPlanes, resources.machines, resources.kubeadmConfigs];

let source: Side;
let target: Side;
let log: string[] = [];
beforeAll(async () => {
  source = await Side.start();
  await populate(source);
});
beforeEach(async () => {
  log = [];
  target = await Side.start();
});
afterEach(async () => {
  await target[Symbol.asyncDispose]();
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
});

const run = (changes: Partial<ImportOptions> = {}): Promise<ImportResult> =>
  importCluster({
    source: source.client,
    target: target.client,
    connectEtcds: () =>
      Promise.resolve({
        source: source.store,
        target: target.store,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    ensureBackup: (known) => Promise.resolve(known ?? '/backup.tar.gz'),
    signal: AbortSignal.timeout(30_000),
    log: (line) => log.push(line),
    ...changes,
  });
const paused = async (side: Side): Promise<unknown> => fieldAt(await side.cluster(), 'spec', 'paused');

describe.each(['etcdctl', 'kubectl'] as const)('an import by method %s', (method) => {
  beforeEach(async () => {
    await prepareSource(source, method);
  });

  it('brings every object with its state, its owners and its finalizers, and the Secrets', async () => {
    const { objects } = await run();
    expect(objects).toBe(1 + 1 + 3 + 3 + 5);
    const uids = new Map<string, string>();
    for (const resource of moved) {
      const [before, after] = await Promise.all([source.list(resource), target.list(resource)]);
      expect(after.map((o) => o.metadata.name)).toEqual(before.map((o) => o.metadata.name));
      for (const [i, { metadata }] of before.entries()) uids.set(after[i]?.metadata.uid ?? '', metadata.uid ?? '');
      const shown = ({ metadata: { finalizers, ownerReferences = [] }, status }: KubeObject): unknown => ({
        status,
        finalizers,
        owners: ownerReferences.map((o) => ({ ...o, uid: uids.get(o.uid) ?? o.uid })),
      });
      expect(after.map(shown)).toEqual(before.map(shown));
    }
    // By key each object is the one that it was; through the API it is a new one.
    expect([...uids].filter(([now, then]) => now === then)).toHaveLength(method === 'etcdctl' ? uids.size : 0);
    const names = (await target.list(resources.secrets)).map((s) => s.metadata.name);
    expect(names).toEqual(['global-kcp-0', 'global-kcp-1', 'global-kcp-2', 'global-kubeconfig', 'global-secret']);
    const cluster = await target.get(resources.clusters, 'global');
    const kubeconfig = await target.get(resources.secrets, 'global-kubeconfig');
    expect(kubeconfig.metadata.ownerReferences?.[0]?.uid).toBe(cluster.metadata.uid);
    expect(cluster.metadata.labels).toEqual({ 'is-global': 'true', 'capi.cpaas.io/imported': '' });
    expect([await paused(source), await paused(target)]).toEqual([true, false]);
  });

  it('lets references follow to objects that were written after them', async () => {
    await run();
    const machine = await target.get(resources.machines, 'global-kcp-1');
    const config = await target.get(resources.kubeadmConfigs, 'global-kcp-1');
    expect(fieldAt(machine, 'spec', 'bootstrap', 'configRef', 'uid')).toBe(config.metadata.uid);
    expect(fieldAt(machine, 'status', 'nodeRef', 'uid')).toBe('a-node-is-not-moved');
  });

  it('writes owners before their dependents, and no object before it is paused', async () => {
    const { revision } = await target.store.range({ ...prefixRange('/'), countOnly: true });
    await run();
    const last = (await target.store.range({ ...prefixRange('/'), countOnly: true })).revision;
    const keys: string[] = [];
    const signal = AbortSignal.timeout(5000);
    const batches = target.store.watch({ ...prefixRange('/registry/'), startRevision: revision + 1, signal });
    for await (const { events, revision: at } of batches) {
      for (const { kv } of events) {
        const key = Buffer.from(kv.key).toString();
        if (!key.includes('x-k8s.io/') || key.includes('customresourcedefinitions')) continue;
        if (keys.length === 0)
          expect(fieldAt(JSON.parse(Buffer.from(kv.value).toString()), 'spec', 'paused')).toBe(true);
        if (!keys.includes(key)) keys.push(key);
      }
      if (at >= last) break;
    }
    const kinds = [...new Set(keys.map((key) => key.split('/')[3]))];
    expect(kinds).toEqual(['clusters', 'kubeadmcontrolplanes', 'machines', 'kubeadmconfigs']);
  });

  it('changes nothing when it is run again after it ended', async () => {
    await run();
    const body = { spec: { version: 'v1.34.5' } };
    const ref = { name: 'global-kcp', namespace };
    await target.client.patch(resources.kubeadmControlPlanes, ref, { type: 'merge', body });
    expect(await run()).toEqual({ objects: undefined });
    expect(fieldAt(await target.client.get(resources.kubeadmControlPlanes, ref), 'spec', 'version')).toBe('v1.34.5');
  });

  it('does not overwrite another object of the same name', async () => {
    await makeSecret(target.client, 'global-secret', { accessKey: 'somebody else' });
    await expect(run()).rejects.toMatchObject({
      code: 'IMPORT_CONFLICT',
      details: { subject: 'Secret cpaas-system/global-secret' },
    });
    expect([await paused(source), await paused(target)]).toEqual([true, true]);
    await target.client.delete(resources.secrets, { name: 'global-secret', namespace });
    await run();
  });

  it('does not overwrite another Cluster', async () => {
    for (const crd of coreCrds) await target.client.create(resources.customResourceDefinitions, crd);
    const stranger = await make(target.client, resources.clusters, { name: 'global', spec: { paused: true } });
    const uid = stranger.metadata.uid ?? '';
    await expect(run()).rejects.toMatchObject({ code: 'IMPORT_CONFLICT', details: { found: `uid ${uid}` } });
    expect((await target.get(resources.clusters, 'global')).metadata.uid).toBe(uid);
  });

  it('does not release a cluster that holds what its source does not have', async () => {
    for (const crd of coreCrds) await target.client.create(resources.customResourceDefinitions, crd);
    await make(target.client, resources.machines, {
      name: 'left-over',
      spec: { clusterName: 'global', bootstrap: { dataSecretName: 'x' }, infrastructureRef: {} },
    });
    await expect(run()).rejects.toMatchObject({
      code: 'IMPORT_UNVERIFIED',
      message: expect.stringContaining('Machine cpaas-system/left-over is only in the new cluster') as string,
    });
    expect([await paused(source), await paused(target)]).toEqual([true, true]);
  });

  it('carries what changed during the move, and takes back what was deleted', async () => {
    const doomed = await make(source.client, resources.kubeadmConfigs, { name: 'global-doomed', spec: {} });
    const rounds: string[] = [];
    const ref = { name: 'global-kcp-2', namespace };
    const objects = await run({
      log: (line) => {
        log.push(line);
        // After the first round, as work that was under way when the source was paused does.
        if (!line.endsWith('written through the API') || rounds.push(line) > 1) return;
        void source.client.delete(resources.kubeadmConfigs, { name: doomed.metadata.name ?? '', namespace });
        const body = { status: { phase: 'Provisioned' } };
        void source.client.patch(resources.machines, ref, { type: 'merge', body, subresource: 'status' });
      },
    });
    expect(objects).toEqual({ objects: 13 });
    expect(rounds.length).toBeGreaterThan(1);
    expect(fieldAt(await target.get(resources.machines, 'global-kcp-2'), 'status', 'phase')).toBe('Provisioned');
    expect((await target.list(resources.kubeadmConfigs)).map((c) => c.metadata.name)).not.toContain('global-doomed');
    const body = { status: { phase: 'Running' } };
    await source.client.patch(resources.machines, ref, { type: 'merge', body, subresource: 'status' });
  });

  it('refuses to import what is owned by something that stays behind', async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left-behind', namespace } };
    const owner = await source.client.create<KubeObject>(resources.configMaps, configMap);
    await make(source.client, resources.kubeadmConfigs, { name: 'global-extra', owner, spec: {} });
    try {
      await expect(run()).rejects.toMatchObject({
        code: 'IMPORT_REFUSED',
        message: expect.stringContaining('owned by ConfigMap left-behind') as string,
      });
      expect(await paused(source)).toBe(false);
    } finally {
      await source.client.delete(resources.kubeadmConfigs, { name: 'global-extra', namespace });
      await source.client.delete(resources.configMaps, { name: 'left-behind', namespace });
    }
  });

  it('goes back while the new cluster was not given the objects: the copies go, the source works on', async () => {
    await expect(run({ log: stopAt('verified') })).rejects.toThrow('stopped');
    expect([await paused(source), await paused(target)]).toEqual([true, true]);
    const back = await goBack({
      source: source.client,
      target: target.client,
      signal: AbortSignal.timeout(20_000),
      log: () => undefined,
    });
    expect(back).toEqual({ removed: 13, left: undefined });
    expect(await paused(source)).toBe(false);
    for (const resource of moved) {
      expect(await target.list(resource)).toEqual([]);
      expect((await source.list(resource)).length).toBeGreaterThan(0);
    }
    await expect(run()).rejects.toMatchObject({ code: 'IMPORT_WITHDRAWN' });
    await prepareSource(source, method);
    expect(await run()).toEqual({ objects: 13 });
  });

  it('does not go back once the new cluster has the objects', async () => {
    await run();
    const options = {
      source: source.client,
      target: target.client,
      signal: AbortSignal.timeout(20_000),
      log: () => undefined,
    };
    await expect(goBack(options)).rejects.toMatchObject({ code: 'IMPORT_HANDED_OVER' });
    expect([await paused(source), await paused(target)]).toEqual([true, false]);
    expect((await target.list(resources.machines)).length).toBe(3);
  });
});

/** Ends the import with the line of its log that holds a word. */
const stopAt =
  (word: string): ((line: string) => void) =>
  (line) => {
    if (line.includes(word)) throw new Error('stopped');
  };

describe('the choice of a method', () => {
  beforeEach(async () => {
    await prepareSource(source, 'etcdctl');
  });

  it('by kubectl asks for no etcd', async () => {
    await prepareSource(source, 'kubectl');
    const connectEtcds = (): never => {
      throw new Error('asked for');
    };
    expect(await run({ connectEtcds })).toEqual({ objects: 13 });
  });

  it('that is no method is refused', async () => {
    const body = { metadata: { annotations: { 'installer.cpaas.io/import-method': 'rsync' } } };
    await source.client.patch(resources.clusters, { name: 'global', namespace }, { type: 'merge', body });
    await expect(run()).rejects.toMatchObject({ code: 'IMPORT_REFUSED', details: { found: 'rsync' } });
  });

  it('does not let a key hang on an object that gets a new uid', async () => {
    const pools = 'hcsmachineconfigpools.infrastructure.cluster.x-k8s.io';
    const owner = await make(source.client, resources.hcsMachineConfigPools, {
      name: 'pool',
      spec: { configs: [{ hostname: 'a', networks: [{ subnetName: 's', ipAddress: '192.0.2.9' }] }] },
    });
    await make(source.client, resources.kubeadmConfigs, { name: 'global-hanging', owner, spec: {} });
    try {
      await setImportList(source.client, [credentials, { resource: pools, method: 'kubectl' }]);
      await expect(run()).rejects.toMatchObject({
        code: 'IMPORT_REFUSED',
        message: expect.stringContaining(
          'its owner HCSMachineConfigPool cpaas-system/pool goes through the API',
        ) as string,
      });
    } finally {
      await source.client.delete(resources.kubeadmConfigs, { name: 'global-hanging', namespace });
      await source.client.delete(resources.hcsMachineConfigPools, { name: 'pool', namespace });
    }
  });

  it('is refused when the etcd is not the one of the API server', async () => {
    const other = await Side.start();
    try {
      const connectEtcds: ImportOptions['connectEtcds'] = () =>
        Promise.resolve({ source: other.store, target: target.store, [Symbol.asyncDispose]: () => Promise.resolve() });
      await expect(run({ connectEtcds })).rejects.toMatchObject({
        code: 'IMPORT_REFUSED',
        message: expect.stringContaining('the etcd holds no key below /registry/cluster.x-k8s.io/clusters/') as string,
      });
      expect(await paused(source)).toBe(false);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});
