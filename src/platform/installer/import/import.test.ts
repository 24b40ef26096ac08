import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prefixRange, type KeyValueStore, type TxnRequest } from '../../../etcd/index.ts';
import {
  fieldAt,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../../lab/apiserver/index.ts';
import { MemoryStore } from '../../../lab/etcd/index.ts';
import { coreCrds, hcsCrds, kubeadmCrds } from '../../../kube/crds/index.ts';
import { importCluster, type ImportResult } from './import.ts';

const namespace = PLATFORM_NAMESPACE;

interface Side {
  readonly store: MemoryStore;
  readonly server: ApiServer;
  readonly client: KubeClient;
}

async function startSide(): Promise<Side> {
  const store = new MemoryStore();
  const server = await startApiServer({ store });
  const client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  return { store, server, client };
}

async function stopSide(side: Side | undefined): Promise<void> {
  await side?.client.close();
  await side?.server.close();
  await side?.store.close();
}

function ownedBy(owner: KubeObject, controller = true): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller };
}

async function make(
  client: KubeClient,
  resource: Resource,
  object: { name: string; owner?: KubeObject; spec?: unknown; status?: unknown; labels?: Record<string, string> },
): Promise<KubeObject> {
  const { name, owner, spec, status, labels } = object;
  const created = await client.create<KubeObject>(resource, {
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(owner && { ownerReferences: [ownedBy(owner)] }) },
    ...(spec !== undefined && { spec }),
  });
  if (status === undefined) return created;
  return client.patch(resource, { name, namespace }, { type: 'merge', body: { status }, subresource: 'status' });
}

/** A cluster as a provider leaves it: owned objects, states, Secrets. */
async function populate({ client }: Side): Promise<void> {
  const infraRef = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1', kind: 'HCSCluster', name: 'global' };
  const cluster = await make(client, resources.clusters, {
    name: 'global',
    labels: { 'is-global': 'true' },
    spec: {
      infrastructureRef: { ...infraRef, namespace },
      controlPlaneRef: {
        apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
        kind: 'KubeadmControlPlane',
        name: 'global-kcp',
        namespace,
      },
    },
    status: { phase: 'Provisioned', infrastructureReady: true },
  });
  const template = { kind: 'HCSMachineTemplate', name: 'global-master', apiVersion: infraRef.apiVersion };
  const controlPlane = await make(client, resources.kubeadmControlPlanes, {
    name: 'global-kcp',
    owner: cluster,
    spec: {
      version: 'v1.33.7-2',
      replicas: 3,
      machineTemplate: { infrastructureRef: template },
      kubeadmConfigSpec: { clusterConfiguration: {} },
    },
    status: { ready: true, replicas: 3 },
  });
  for (let i = 0; i < 3; i++) {
    const machine = await make(client, resources.machines, {
      name: `global-kcp-${String(i)}`,
      owner: controlPlane,
      spec: {
        clusterName: 'global',
        bootstrap: { dataSecretName: `global-kcp-${String(i)}` },
        infrastructureRef: { ...template, kind: 'HCSMachine' },
      },
      status: { phase: 'Running' },
    });
    const config = await make(client, resources.kubeadmConfigs, {
      name: `global-kcp-${String(i)}`,
      owner: machine,
      spec: {},
    });
    await secret(client, `global-kcp-${String(i)}`, { value: `boot ${String(i)}` }, config);
  }
  await secret(client, 'global-kubeconfig', { value: 'apiVersion: v1' }, cluster, {
    'cluster.x-k8s.io/cluster-name': 'global',
  });
  await secret(client, 'global-secret', { accessKey: 'AK', secretKey: 'SK' });
  await secret(client, 'unrelated', { a: 'b' });
}

async function secret(
  client: KubeClient,
  name: string,
  data: Record<string, string>,
  owner?: KubeObject,
  labels?: Record<string, string>,
): Promise<void> {
  const encoded = Object.entries(data).map(([k, v]) => [k, Buffer.from(v).toString('base64')]);
  await client.create<KubeObject>(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(labels && { labels }), ...(owner && { ownerReferences: [ownedBy(owner)] }) },
    type: 'Opaque',
    data: Object.fromEntries(encoded) as Record<string, string>,
  });
}

async function setImportList(client: KubeClient, entries: readonly unknown[]): Promise<void> {
  await client.apply<KubeObject>(
    resources.configMaps,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'dcs-import-extra-resources', namespace },
      data: { 'resources.yaml': JSON.stringify({ resources: entries }) },
    },
    { force: true },
  );
}

const credentials = { resource: 'secrets', names: ['global-secret'], method: 'kubectl' };

describe('importing the global cluster', () => {
  let source: Side;
  let target: Side;
  let log: string[] = [];

  const run = (targetStore: KeyValueStore = target.store): Promise<ImportResult> =>
    importCluster({
      sourceClient: source.client,
      targetClient: target.client,
      sourceStore: source.store,
      targetStore,
      signal: AbortSignal.timeout(20_000),
      log: (line) => log.push(line),
    });
  const paused = async (side: Side): Promise<unknown> =>
    fieldAt(await side.client.get(resources.clusters, { name: 'global', namespace }), 'spec', 'paused');

  beforeAll(async () => {
    source = await startSide();
    for (const crd of [...coreCrds, ...kubeadmCrds, ...hcsCrds])
      await source.client.create(resources.customResourceDefinitions, crd);
    await populate(source);
  });
  beforeEach(async () => {
    log = [];
    await stopSide(target);
    target = await startSide();
    await setImportList(source.client, [credentials]);
    const body = { spec: { paused: false } };
    await source.client.patch(resources.clusters, { name: 'global', namespace }, { type: 'merge', body });
  });
  afterAll(async () => {
    await stopSide(source);
    await stopSide(target);
  });

  it('keeps uids, states and owners, brings the Secrets, and leaves each side in charge at no time of both', async () => {
    const { objects } = await run();
    expect(objects).toBe(1 + 1 + 3 + 3 + 5);
    for (const resource of [
      resources.clusters,
      resources.kubeadmControlPlanes,
      resources.machines,
      resources.kubeadmConfigs,
    ]) {
      const before = (await source.client.list(resource, { namespace })).items;
      const after = (await target.client.list(resource, { namespace })).items;
      expect(after.map((o) => [o.metadata.name, o.metadata.uid])).toEqual(
        before.map((o) => [o.metadata.name, o.metadata.uid]),
      );
      expect(after.map((o) => o['status'])).toEqual(before.map((o) => o['status']));
      expect(after.map((o) => o.metadata.ownerReferences)).toEqual(before.map((o) => o.metadata.ownerReferences));
    }
    const names = (await target.client.list(resources.secrets, { namespace })).items.map((s) => s.metadata.name);
    expect(names).toEqual(['global-kcp-0', 'global-kcp-1', 'global-kcp-2', 'global-kubeconfig', 'global-secret']);
    const cluster = await target.client.get(resources.clusters, { name: 'global', namespace });
    const kubeconfig = await target.client.get(resources.secrets, { name: 'global-kubeconfig', namespace });
    expect(kubeconfig.metadata.ownerReferences?.[0]?.uid).toBe(cluster.metadata.uid);
    expect(cluster.metadata.labels).toEqual({ 'is-global': 'true', 'capi.cpaas.io/imported': '' });
    expect([await paused(source), await paused(target)]).toEqual([true, false]);
  });

  it('writes owners before their dependents, and no object before it is paused', async () => {
    const { revision } = await target.store.range({ ...prefixRange('/'), countOnly: true });
    await run();
    const keys: string[] = [];
    const batches = target.store.watch({
      ...prefixRange('/registry/'),
      startRevision: revision + 1,
      signal: AbortSignal.timeout(5000),
    });
    for await (const { events, revision: at } of batches) {
      for (const { kv } of events) {
        const key = Buffer.from(kv.key).toString();
        if (key.includes('x-k8s.io/') && !key.includes('customresourcedefinitions')) {
          if (keys.length === 0)
            expect(fieldAt(JSON.parse(Buffer.from(kv.value).toString()), 'spec', 'paused')).toBe(true);
          if (!keys.includes(key)) keys.push(key);
        }
      }
      if (at >= (await target.store.range({ ...prefixRange('/'), countOnly: true })).revision) break;
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

  it('goes on after an interruption at any write', async () => {
    const complete = (await run()).objects;
    for (let failAt = 1; failAt <= 4; failAt++) {
      await stopSide(target);
      target = await startSide();
      let writes = 0;
      const failing = Object.create(target.store) as KeyValueStore;
      failing.txn = (request: TxnRequest) =>
        ++writes === failAt ? Promise.reject(new Error('connection lost')) : target.store.txn(request);
      for (const method of ['range', 'put', 'deleteRange'] as const)
        Object.defineProperty(failing, method, { value: target.store[method].bind(target.store) });
      await expect(run(failing)).rejects.toThrow('connection lost');
      expect(await paused(source)).toBe(true);
      expect((await run()).objects).toBe(complete);
    }
  });

  it('refuses a wrong list with all its faults, before anything is paused or written', async () => {
    await setImportList(source.client, [
      { resource: 'moons.example.com', method: 'kubectl' },
      { resource: 'secrets', names: ['global-secret', 'missing'], method: 'kubectl' },
      { resource: 'secrets', etcdKeyBase: '/registry/secrets/cpaas-system/', method: 'etcdctl' },
      {
        resource: 'hcsclusters.infrastructure.cluster.x-k8s.io',
        etcdKeyBase: '/registry/infrastructure.cluster.x-k8s.io/hcsmachines/cpaas-system/',
        method: 'etcdctl',
      },
      { resource: 'hcsmachines.infrastructure.cluster.x-k8s.io', method: 'etcdctl' },
    ]);
    const before = (await target.store.range(prefixRange('/'))).revision;
    const error = await run().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'IMPORT_REFUSED' });
    const message = (error as Error).message;
    expect(message).toContain('entry 1 (moons.example.com): the cluster does not serve such a resource');
    expect(message).toContain('entry 2 (secrets): there is no Secret missing');
    expect(message).toContain('entry 3 (secrets): method etcdctl is for custom resources');
    expect(message).toContain('entry 4 (hcsclusters.infrastructure.cluster.x-k8s.io): etcdKeyBase');
    expect(message).toContain(
      'entry 5 (hcsmachines.infrastructure.cluster.x-k8s.io): method etcdctl needs etcdKeyBase',
    );
    expect(await paused(source)).toBe(false);
    expect((await target.store.range(prefixRange('/'))).revision).toBe(before);
  });

  it('does not overwrite another object of the same name', async () => {
    await secret(target.client, 'global-secret', { accessKey: 'somebody else' });
    await expect(run()).rejects.toMatchObject({
      code: 'IMPORT_CONFLICT',
      details: { subject: 'Secret cpaas-system/global-secret' },
    });
    await target.client.delete(resources.secrets, { name: 'global-secret', namespace });
    await run();

    await stopSide(target);
    target = await startSide();
    for (const crd of coreCrds) await target.client.create(resources.customResourceDefinitions, crd);
    const stranger = await make(target.client, resources.clusters, { name: 'global', spec: { paused: true } });
    await expect(run()).rejects.toMatchObject({
      code: 'IMPORT_CONFLICT',
      details: { found: `uid ${stranger.metadata.uid ?? ''}` },
    });
    const kept = await target.client.get(resources.clusters, { name: 'global', namespace });
    expect(kept.metadata.uid).toBe(stranger.metadata.uid);
  });

  it('refuses to import what is owned by something that stays behind', async () => {
    const owner = await source.client.create<KubeObject>(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'left-behind', namespace },
    });
    await make(source.client, resources.kubeadmConfigs, { name: 'global-extra', owner, spec: {} });
    await expect(run()).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringContaining('owned by ConfigMap left-behind') as string,
    });
    expect(await paused(source)).toBe(false);
    await source.client.delete(resources.kubeadmConfigs, { name: 'global-extra', namespace });
  });
});
