import { make } from '../import/sides.ts';
import { allCrds } from './definitions.ts';
import type { KeyValueStore } from '../../../src/etcd/index.ts';
import {
  apiVersionOf,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../../src/kube/index.ts';
import { startApiServer, type ApiServer } from '../../../src/lab/apiserver/index.ts';
import { MemoryStore, startEtcdServer, type EtcdServer } from '../../../src/lab/etcd/index.ts';
import { CertificateAuthority } from '../../../src/lab/pki/index.ts';
import { startEtcdSync, type EtcdSyncConfig, type RunningEtcdSync } from '../../../src/platform/etcd-sync/index.ts';

/** The token with which the primary's API is asked. */
export const TOKEN = 'token-of-k8sadmin';

/** The log of the replicas of a pair. */
export class SyncLogLines {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly add = (line: string): void => {
    this.lines.push(line);
    for (const look of this.#waiting) look();
  };

  /** Resolves when a line has matched, from the `from`th on. */
  async until(pattern: RegExp, from = 0): Promise<void> {
    const stands = (): boolean => this.lines.slice(from).some((line) => pattern.test(line));
    if (stands()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!stands()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }
}

/** A `global` cluster as far as the synchronizer sees it. */
export interface SyncSide {
  readonly store: KeyValueStore;
  readonly client: KubeClient;
  close(): Promise<void>;
}

/** A primary whose etcd is reached as in a real one, and a standby. */
export class SyncPair implements AsyncDisposable {
  readonly primary: SyncSide & { readonly server: ApiServer; readonly authority: CertificateAuthority };
  readonly standby: SyncSide & { readonly server: ApiServer };
  readonly log = new SyncLogLines();
  readonly #etcd: EtcdServer;
  #isLost = false;
  readonly #running: RunningEtcdSync[] = [];

  private constructor(primary: SyncPair['primary'], standby: SyncPair['standby'], etcd: EtcdServer) {
    this.primary = primary;
    this.standby = standby;
    this.#etcd = etcd;
  }

  static async start(): Promise<SyncPair> {
    const authority = await CertificateAuthority.create('etcd-ca');
    const standby = await startSide();
    const primary = await startSide();
    const etcd = await serve(primary.store, authority);
    await makeSecret(primary.client, 'global-etcd', {
      'tls.crt': authority.certificatePem,
      'tls.key': authority.keyPem,
    });
    return new SyncPair({ ...primary, authority }, standby, etcd);
  }

  get etcdEndpoint(): string {
    return `https://127.0.0.1:${String(this.#etcd.port)}`;
  }

  /** The primary's etcd is gone from here on. */
  async loseEtcd(): Promise<void> {
    this.#isLost = true;
    await this.#etcd.close();
  }

  /** Starts a replica. */
  async sync(more: Partial<EtcdSyncConfig> = {}): Promise<RunningEtcdSync> {
    const running = await startEtcdSync({
      client: this.standby.client,
      connectLocalEtcd: () => Promise.resolve(unclosed(this.standby.store)),
      primary: {
        vip: '127.0.0.1',
        token: TOKEN,
        apiPort: this.primary.server.port,
        apiCaPem: this.primary.server.caPem,
        etcdEndpoints: [this.etcdEndpoint],
      },
      identity: `etcd-sync-${String(this.#running.length)}`,
      signal: new AbortController().signal,
      logSink: this.log.add,
      ...more,
    });
    this.#running.push(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) await running.close();
    if (!this.#isLost) await this.#etcd.close();
    await this.primary.close();
    await this.standby.close();
  }
}

async function startSide(): Promise<SyncSide & { readonly server: ApiServer }> {
  const store = new MemoryStore();
  const server = await startApiServer({
    store,
    tokens: { [TOKEN]: { username: 'k8sadmin', groups: ['system:masters'], uid: '', extra: {} } },
  });
  const client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  const metadata = { name: PLATFORM_NAMESPACE };
  await client.create<KubeObject>(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
  for (const crd of allCrds) await client.create(resources.customResourceDefinitions, crd);
  const close = async (): Promise<void> => {
    await client.close();
    await server.close();
    await store.close();
  };
  return { store, server, client, close };
}

async function serve(store: KeyValueStore, authority: CertificateAuthority): Promise<EtcdServer> {
  const member = await authority.issue({ commonName: 'member', ipAddresses: ['127.0.0.1'] });
  return startEtcdServer({
    store,
    tls: { certificate: member.certificatePem, key: member.keyPem, clientCa: authority.certificatePem },
  });
}

/** A cluster with a machine set, made by the objects that people and Cluster API make; of `global` the set carries no prefix. */
export async function makeCluster(client: KubeClient, name: string): Promise<void> {
  const namespace = PLATFORM_NAMESPACE;
  const infra = { apiVersion: apiVersionOf(resources.hcsClusters), kind: 'HCSCluster', name, namespace };
  const cluster = await make(client, resources.clusters, { name, spec: { infrastructureRef: infra } });
  await make(client, resources.hcsClusters, {
    name,
    owner: cluster,
    spec: { identityRef: { name: `${name}-credentials` }, networkType: 'kube-ovn', network: { vpc: { name: 'vpc' } } },
  });
  const template = { spec: { clusterName: name, bootstrap: {}, infrastructureRef: infra } };
  const spec = { clusterName: name, selector: {}, template };
  const deployment = await make(client, resources.machineDeployments, { name: `${name}-md`, owner: cluster, spec });
  await make(client, resources.machineSets, {
    name: name === 'global' ? 'md-of-global' : `${name}-ms`,
    owner: deployment,
    spec,
  });
}

export async function makeSecret(
  client: KubeClient,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<KubeObject> {
  const encoded = Object.entries(data).map(([k, v]) => [k, Buffer.from(v).toString('base64')] as const);
  return client.create<KubeObject>(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: PLATFORM_NAMESPACE },
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  });
}

/** Several replicas share the store of the standby. */
function unclosed(store: KeyValueStore): KeyValueStore {
  return {
    range: (request) => store.range(request),
    put: (request) => store.put(request),
    deleteRange: (request) => store.deleteRange(request),
    txn: (request) => store.txn(request),
    watch: (request) => store.watch(request),
    compact: (revision, options) => store.compact(revision, options),
    leases: store.leases,
    close: () => Promise.resolve(),
  };
}
