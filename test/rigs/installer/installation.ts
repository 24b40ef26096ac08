import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/index.ts';
import {
  apiVersionOf,
  fieldAt,
  follow,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../src/kube/index.ts';
import { connectEtcd } from '../../../src/etcd/index.ts';
import { startEtcdProcess } from '../../../src/etcd/debian-etcd.fixture.ts';
import { startEtcdServer } from '../../../src/lab/etcd/index.ts';
import { corePayload, providerArtifacts } from '../../../src/lab/packages/payload.ts';
import { CertificateAuthority } from '../../../src/lab/pki/index.ts';
import { startRegistry, type Registry } from '../../../src/lab/registry/index.ts';
import { pushArtifact, RegistryClient } from '../../../src/pack/index.ts';
import { appReleaseCrd, moduleCrds } from '../../../src/platform/crds/index.ts';
import { runModuleController } from '../../../src/platform/modules/index.ts';
import { credentials, makeSecret, populate, prepareSource, setImportList, Side } from '../import/sides.ts';
import type { ChildConfig } from './child.ts';
import { dcsBody } from './request-body.ts';

const namespace = PLATFORM_NAMESPACE;
const PLATFORM_REGISTRY = 'platform.example.com:11443';
const versions = {
  platform: 'v4.2.0',
  kubeadmProvider: 'v1.0.0',
  infrastructureProvider: 'v1.0.0',
  kubeOvn: 'v4.2.26',
};

/** The request for it: HCS, as the objects of the source are. */
export const installationBody = (({ cluster: _, ...body }) => ({
  ...body,
  console: { ...body.console, host: [] },
}))(dcsBody);

/** Paths of programs in the place of what the lab has for them. */
export interface RealPrograms {
  readonly etcd?: string | undefined;
  readonly helm?: string | undefined;
}

/** The etcd of a side, as other processes reach it. */
interface SideEtcd {
  /** `host:port`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

async function startSide({ etcd }: RealPrograms): Promise<{ side: Side; etcd: SideEtcd }> {
  if (etcd === undefined) {
    const side = await Side.start();
    const server = await startEtcdServer({ store: side.store });
    return { side, etcd: { endpoint: new URL(server.url).host, close: () => server.close() } };
  }
  const real = await startEtcdProcess(etcd);
  const { endpoint } = real;
  const side = await Side.start(await connectEtcd({ endpoints: [endpoint] }));
  return { side, etcd: { endpoint, close: () => real.stop() } };
}

/**
 * All that an installer works on, but for the machines: the management cluster with the objects of a cluster, the new cluster with
 * what would run in it (its controllers, its operator), both etcds, both registries.
 */
export class Installation implements AsyncDisposable {
  readonly source: Side;
  target!: Side;
  readonly folder: string;
  readonly #programs: RealPrograms;
  readonly #sourceEtcd: SideEtcd;
  #targetEtcd: SideEtcd | undefined;
  readonly #bootstrap: Registry;
  #platform: Registry | undefined;
  #stop = new AbortController();
  #standIns: Promise<unknown>[] = [];
  #round = 0;

  private constructor(parts: {
    source: Side;
    sourceEtcd: SideEtcd;
    bootstrap: Registry;
    folder: string;
    programs: RealPrograms;
  }) {
    this.#programs = parts.programs;
    this.source = parts.source;
    this.#sourceEtcd = parts.sourceEtcd;
    this.#bootstrap = parts.bootstrap;
    this.folder = parts.folder;
  }

  static async start(programs: RealPrograms = {}): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'installation-'));
    const { side: source, etcd: sourceEtcd } = await startSide(programs);
    await populate(source, 2);
    for (const crd of [appReleaseCrd, ...moduleCrds])
      await source.client.create(resources.customResourceDefinitions, crd);
    const etcd = await CertificateAuthority.create('etcd');
    await makeSecret(source.client, 'global-etcd', { 'tls.crt': etcd.certificatePem, 'tls.key': etcd.keyPem });
    const bootstrap = await startRegistry({ folder: join(folder, 'bootstrap') });
    const client = new RegistryClient({ address: bootstrap.address, insecure: true });
    const vendorCrds = new Map<string, KubeObject>();
    const artifacts = [
      ...(await corePayload({ versions, provider: 'hcs', extraImages: [], vendorCrds })),
      ...(await providerArtifacts('hcs', versions.infrastructureProvider, vendorCrds)),
    ];
    for (const artifact of artifacts) await pushArtifact(client, artifact);
    await client.close();
    const installation = new Installation({ source, sourceEtcd, bootstrap, folder, programs });
    await installation.#readySource();
    return installation;
  }

  /** Puts a fresh new cluster in the place of the last one, and the source back to where it was. */
  async renew(method: 'etcdctl' | 'kubectl'): Promise<void> {
    await this.#clearTarget();
    this.#stop = new AbortController();
    ({ side: this.target, etcd: this.#targetEtcd } = await startSide(this.#programs));
    this.#platform = await startRegistry({ folder: join(this.folder, `platform-${String(++this.#round)}`) });
    await this.#readyTarget();
    await prepareSource(this.source, method);
    const etcdKeyBase = `/registry/infrastructure.cluster.x-k8s.io/hcsclusters/${namespace}/`;
    const infra = { resource: 'hcsclusters.infrastructure.cluster.x-k8s.io', names: ['global'] };
    const way = method === 'etcdctl' ? { method, etcdKeyBase } : { method };
    await setImportList(this.source.client, [credentials, { ...infra, ...way }]);
    for (const name of ['cpaas-installer-state', 'cpaas-installer-key'])
      if (await this.source.client.find(resources.secrets, { name, namespace }))
        await this.source.client.delete(resources.secrets, { name, namespace });
    const annotations = { 'cpaas.io/registry-address': '192.0.2.5:11443' };
    const ref = { name: 'global', namespace };
    await this.source.client.patch(resources.clusters, ref, { type: 'merge', body: { metadata: { annotations } } });
  }

  /** What an installer in another process is told; kubeconfigs lead wherever the test wants. */
  childConfig(kubeconfigs: { readonly source: string; readonly target: string }): ChildConfig {
    return {
      sourceKubeconfig: kubeconfigs.source,
      targetKubeconfig: kubeconfigs.target,
      sourceEtcd: this.#sourceEtcd.endpoint,
      targetEtcd: this.#targetEtcd?.endpoint ?? '',
      bootstrapRegistry: this.#bootstrap.address,
      platformRegistry: this.#platform?.address ?? '',
      platformRegistryName: PLATFORM_REGISTRY,
      backupFolder: this.folder,
      helm: this.#programs.helm,
    };
  }

  async uidsOf(client: KubeClient, resource: Resource = resources.machines): Promise<string[]> {
    const { items } = await client.list(resource, { namespace });
    return items.map((m) => `${m.metadata.name ?? ''} ${m.metadata.uid ?? ''}`).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clearTarget();
    await this.source[Symbol.asyncDispose]();
    await this.#sourceEtcd.close();
    await this.#bootstrap.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #clearTarget(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#standIns.splice(0));
    await this.#platform?.close();
    if (this.#targetEtcd) await this.target[Symbol.asyncDispose]();
    await this.#targetEtcd?.close();
    this.#targetEtcd = undefined;
    this.#platform = undefined;
  }

  async #readySource(): Promise<void> {
    const { client } = this.source;
    const infra = { network: { vpc: { id: 'vpc' }, subnets: [{ name: 'a' }], securityGroup: { name: 'sg' } } };
    await client.create<KubeObject>(resources.hcsClusters, {
      apiVersion: apiVersionOf(resources.hcsClusters),
      kind: 'HCSCluster',
      metadata: { name: 'global', namespace },
      spec: {
        ...infra,
        controlPlaneLoadBalancer: { vipAddress: '192.0.2.10', vipSubnetName: 'a', vipDomainName: 'b' },
        controlPlaneEndpoint: { host: '192.0.2.10', port: 6443 },
        identityRef: { name: 'global-secret' },
        networkType: 'kube-ovn',
        site: 'site',
      },
    });
    await status(client, resources.kubeadmControlPlanes, 'global-kcp', {
      ready: true,
      replicas: 2,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    });
    await client.create<KubeObject>(resources.appReleases, {
      apiVersion: 'operator.alauda.io/v1alpha1',
      kind: 'AppRelease',
      metadata: { name: 'cluster-api-provider-hcs', namespace },
      spec: {
        destination: { cluster: '', namespace: '' },
        source: {
          charts: [
            {
              name: 'ait/chart-cluster-api-provider-hcs',
              releaseName: 'cluster-api-provider-hcs',
              targetRevision: versions.infrastructureProvider,
            },
          ],
          repoURL: '192.0.2.5:11443',
        },
        timeout: 120,
        values: { global: { ingress: { ingressClassName: 'global-alb2' } } },
      },
    });
  }

  /** What runs in a new cluster by itself, reduced to what the installer waits for. */
  async #readyTarget(): Promise<void> {
    const { client } = this.target;
    const { signal } = this.#stop;
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const ready = [{ type: 'Ready', status: 'True', lastTransitionTime }];
    const metadata = { name: 'global-kcp-0', labels: { 'node-role.kubernetes.io/control-plane': '' } };
    await client.create<KubeObject>(resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} });
    const addresses = [{ type: 'InternalIP', address: '192.0.2.21' }];
    await client.patch(
      resources.nodes,
      { name: metadata.name },
      { type: 'merge', body: { status: { conditions: ready, addresses } }, subresource: 'status' },
    );
    const standIn = (resource: Resource, report: (object: KubeObject) => object | undefined): void => {
      this.#standIns.push(
        (async () => {
          for await (const event of follow(client, resource, { signal })) {
            if (event.type === 'synced' || event.type === 'deleted') continue;
            const body = report(event.object);
            const { name = '' } = event.object.metadata;
            if (body) await status(client, resource, name, body).catch(() => undefined);
          }
        })().catch(() => undefined),
      );
    };
    const settled = { status: 'True', lastTransitionTime, lastUpdateTime: lastTransitionTime };
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
    standIn(resources.deployments, ({ metadata: { generation }, spec, status: present }) =>
      fieldAt(present, 'observedGeneration') === generation
        ? undefined
        : {
            observedGeneration: generation,
            ...Object.fromEntries(counts.map((field) => [field, fieldAt(spec, 'replicas') ?? 1])),
            // Helm waits for both.
            conditions: [
              { type: 'Available', ...settled },
              { type: 'Progressing', reason: 'NewReplicaSetAvailable', ...settled },
            ],
          },
    );
    const everywhere = ['currentNumberScheduled', 'desiredNumberScheduled', 'numberReady', 'updatedNumberScheduled'];
    standIn(resources.daemonSets, ({ metadata: { generation }, status: present }) =>
      fieldAt(present, 'observedGeneration') === generation
        ? undefined
        : {
            observedGeneration: generation,
            numberMisscheduled: 0,
            ...Object.fromEntries(everywhere.map((f) => [f, 1])),
          },
    );
    standIn(resources.appReleases, ({ spec, status: present }) => {
      const charts = (fieldAt(spec, 'source', 'charts') as { name: string; targetRevision: string }[]).map((chart) => ({
        name: chart.name,
        phase: 'Success',
        installedRevision: chart.targetRevision,
      }));
      const same = JSON.stringify(fieldAt(present, 'charts')) === JSON.stringify(charts);
      return same ? undefined : { phase: 'Success', charts };
    });
    this.#standIns.push(runModuleController({ client, clock: systemClock, signal }));
  }
}

async function status(client: KubeClient, resource: Resource, name: string, body: object): Promise<void> {
  await client.patch(resource, { name, namespace }, { type: 'merge', body: { status: body }, subresource: 'status' });
}
