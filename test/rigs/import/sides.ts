import { prefixRange, type KeyValueStore } from '../../../src/etcd/index.ts';
import { coreCrds, hcsCrds, kubeadmCrds } from '../../../src/kube/crds/index.ts';
import {
  apiVersionOf,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../../src/kube/index.ts';
import { startApiServer, type ApiServer } from '../../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../../src/lab/etcd/index.ts';

export const namespace = PLATFORM_NAMESPACE;

/** A cluster as far as the import sees it: an API server over a store. */
export class Side implements AsyncDisposable {
  readonly store: KeyValueStore;
  readonly server: ApiServer;
  readonly client: KubeClient;

  private constructor(store: KeyValueStore, server: ApiServer, client: KubeClient) {
    this.store = store;
    this.server = server;
    this.client = client;
  }

  static async start(store: KeyValueStore = new MemoryStore()): Promise<Side> {
    const server = await startApiServer({ store });
    const client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return new Side(store, server, client);
  }

  /** The Cluster as it lies in the store; undefined when there is none. */
  async cluster(): Promise<KubeObject | undefined> {
    const { kvs } = await this.store.range(prefixRange(`/registry/cluster.x-k8s.io/clusters/${namespace}/global`));
    return kvs[0] && (JSON.parse(Buffer.from(kvs[0].value).toString('utf8')) as KubeObject);
  }

  async list(resource: Resource): Promise<KubeObject[]> {
    return (await this.client.list(resource, { namespace })).items;
  }

  async get(resource: Resource, name: string): Promise<KubeObject> {
    return await this.client.get(resource, { name, namespace });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
    await this.store.close();
  }
}

export interface NewObject {
  readonly name: string;
  readonly owner?: KubeObject;
  readonly labels?: Record<string, string>;
  readonly finalizers?: string[];
  readonly spec?: unknown;
  readonly status?: unknown;
}

export async function make(client: KubeClient, resource: Resource, wanted: NewObject): Promise<KubeObject> {
  const { name, owner, labels, finalizers, spec, status } = wanted;
  const created = await client.create<KubeObject>(resource, {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      name,
      namespace,
      ...(labels && { labels }),
      ...(finalizers && { finalizers }),
      ...(owner && { ownerReferences: [ownedBy(owner)] }),
    },
    ...(spec !== undefined && { spec }),
  });
  if (status === undefined) return created;
  return client.patch(resource, { name, namespace }, { type: 'merge', body: { status }, subresource: 'status' });
}

export async function makeSecret(
  client: KubeClient,
  name: string,
  data: Readonly<Record<string, string>>,
  more: { readonly owner?: KubeObject; readonly labels?: Record<string, string> } = {},
): Promise<void> {
  const encoded = Object.entries(data).map(([k, v]) => [k, Buffer.from(v).toString('base64')]);
  const { owner, labels } = more;
  await client.create<KubeObject>(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(labels && { labels }), ...(owner && { ownerReferences: [ownedBy(owner)] }) },
    type: 'Opaque',
    data: Object.fromEntries(encoded) as Record<string, string>,
  });
}

function ownedBy(owner: KubeObject): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true };
}

/** A cluster as a provider leaves it: owned objects, states, references with uids, finalizers, Secrets. */
export async function populate({ client }: Side, machines = 3): Promise<void> {
  for (const crd of [...coreCrds, ...kubeadmCrds, ...hcsCrds])
    await client.create(resources.customResourceDefinitions, crd);
  const infra = { apiVersion: apiVersionOf(resources.hcsClusters), kind: 'HCSCluster', name: 'global' };
  const cluster = await make(client, resources.clusters, {
    name: 'global',
    labels: { 'is-global': 'true' },
    finalizers: ['cluster.cluster.x-k8s.io'],
    spec: {
      infrastructureRef: { ...infra, namespace },
      controlPlaneRef: {
        apiVersion: apiVersionOf(resources.kubeadmControlPlanes),
        kind: 'KubeadmControlPlane',
        name: 'global-kcp',
        namespace,
      },
    },
    status: { phase: 'Provisioned', infrastructureReady: true },
  });
  const template = { kind: 'HCSMachineTemplate', name: 'global-master', apiVersion: infra.apiVersion };
  const controlPlane = await make(client, resources.kubeadmControlPlanes, {
    name: 'global-kcp',
    owner: cluster,
    spec: {
      version: 'v1.33.7-2',
      replicas: 3,
      machineTemplate: { infrastructureRef: template },
      kubeadmConfigSpec: { clusterConfiguration: {} },
    },
    status: { ready: true, replicas: machines },
  });
  for (let i = 0; i < machines; i++) {
    const name = `global-kcp-${String(i)}`;
    const machine = await make(client, resources.machines, {
      name,
      owner: controlPlane,
      finalizers: ['machine.cluster.x-k8s.io'],
      spec: {
        clusterName: 'global',
        bootstrap: { dataSecretName: name },
        infrastructureRef: { ...template, kind: 'HCSMachine' },
      },
    });
    const config = await make(client, resources.kubeadmConfigs, { name, owner: machine, spec: {} });
    const { uid = '' } = config.metadata;
    // Cluster API notes the uid of what it made from a template: a reference against the direction of ownership.
    const configRef = { apiVersion: config.apiVersion, kind: config.kind, name, namespace, uid };
    const ref = { name, namespace };
    await client.patch(resources.machines, ref, { type: 'merge', body: { spec: { bootstrap: { configRef } } } });
    const status = { phase: 'Running', nodeRef: { kind: 'Node', name, uid: 'a-node-is-not-moved' } };
    await client.patch(resources.machines, ref, { type: 'merge', body: { status }, subresource: 'status' });
    await makeSecret(client, name, { value: `boot ${String(i)}` }, { owner: config });
  }
  const labels = { 'cluster.x-k8s.io/cluster-name': 'global' };
  await makeSecret(client, 'global-kubeconfig', { value: 'apiVersion: v1' }, { owner: cluster, labels });
  await makeSecret(client, 'global-secret', { accessKey: 'AK', secretKey: 'SK' });
  await makeSecret(client, 'unrelated', { a: 'b' });
}

export async function setImportList(client: KubeClient, entries: readonly unknown[]): Promise<void> {
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

export const credentials = { resource: 'secrets', names: ['global-secret'], method: 'kubectl' };

/** Puts the source back to where no import has been, and says how the next one is to go. */
export async function prepareSource({ client }: Side, method: 'etcdctl' | 'kubectl'): Promise<void> {
  await setImportList(client, [credentials]);
  const annotations = {
    'installer.cpaas.io/import-method': method === 'etcdctl' ? null : method,
    'installer.cpaas.io/import-state': null,
    'installer.cpaas.io/import-backup': null,
  };
  const body = { metadata: { annotations }, spec: { paused: false } };
  await client.patch(resources.clusters, { name: 'global', namespace }, { type: 'merge', body });
}
