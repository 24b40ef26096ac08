import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaledClock, SeededRandom } from '../../../src/base/index.ts';
import {
  conditionOf,
  fieldAt,
  HttpKubeClient,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../../src/kube/index.ts';
import { startLabCluster, type LabCluster } from '../../../src/lab/cluster/index.ts';
import { LabNetwork } from '../../../src/lab/network/index.ts';
import { startRegistry, type Registry } from '../../../src/lab/registry/index.ts';
import { LabServices } from '../../../src/lab/services.ts';
import {
  chartArtifact,
  createChartArchive,
  createImage,
  pushArtifact,
  RegistryClient,
} from '../../../src/pack/index.ts';
import { appReleaseCrd } from '../../../src/platform/crds/index.ts';
import { createHelm, type Helm } from '../../../src/platform/helm/index.ts';
import { startAppReleaseOperator, type AppReleaseOperatorOptions } from '../../../src/platform/apprelease/index.ts';
import { FaultyApi } from './faulty-api.ts';

const LOGIN = { username: 'puller', password: 'a-registry-password' };
/** Of the chart that `pushChart` makes. */
export const CHART = 'ait/chart-sample';
export const namespace = 'cpaas-system';

/** A ConfigMap with a value, and a Deployment whose image, replicas and node come from values. */
const TEMPLATES: Readonly<Record<string, string>> = {
  'templates/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data: { host: {{ .Values.global.host | quote }} }
`,
  'templates/deployment.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas | default 1 }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec:
      nodeSelector: {{ .Values.nodeSelector | default dict | toJson }}
      containers: [{ name: main, image: "{{ .Values.global.registry.address }}/ait/sample:{{ .Values.tag | default "v1" }}" }]
`,
};

function isObserved(object: KubeObject): boolean {
  return fieldAt(object, 'status', 'observedGeneration') === object.metadata.generation;
}

/** Installed in the spec that it has now. */
export function isReady(object: KubeObject): boolean {
  return isObserved(object) && conditionOf(object, 'Ready')?.status === 'True';
}

/** The last attempt at the spec that it has now went wrong. */
export function hasFailed(object: KubeObject): boolean {
  return isObserved(object) && fieldAt(object, 'status', 'phase') === 'Failed';
}

export interface ReleaseOptions {
  readonly revision?: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  /** Fields of the spec beside or in place of the usual. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly source?: Readonly<Record<string, unknown>>;
}

/** A cluster of one node, a registry with a login, a chart and its image in it, and operators as the test starts them. */
export class OperatorRig implements AsyncDisposable {
  readonly cluster: LabCluster;
  readonly client: KubeClient;
  /** Before the API server, for operators that are to meet trouble. */
  readonly api: FaultyApi;
  readonly helm: Helm;
  readonly log: string[] = [];
  registry: Registry;
  readonly #folder: string;
  readonly #operators: { stop(): Promise<void> }[] = [];

  private constructor(parts: { folder: string; cluster: LabCluster; registry: Registry; api: FaultyApi }) {
    this.#folder = parts.folder;
    this.cluster = parts.cluster;
    this.client = parts.cluster.adminClient;
    this.registry = parts.registry;
    this.api = parts.api;
    this.helm = createHelm({ kubeconfigText: this.kubeconfigText });
  }

  static async start(): Promise<OperatorRig> {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-apprelease-'));
    const registry = await startRegistry({ folder, login: LOGIN });
    const cluster = await startLabCluster({
      name: 'minialauda',
      network: new LabNetwork(),
      services: new LabServices(),
      programs: new Map(),
      // Nothing in this cluster dials an address of a data centre.
      proxyUrl: 'http://127.0.0.1:1',
      clock: scaledClock(200),
      random: new SeededRandom(1),
      kubernetesVersion: 'v1.33.7',
      podCIDR: '10.244.0.0/16',
      serviceCIDR: '10.96.0.0/16',
      requiresCni: false,
    });
    await cluster.addNode({ name: 'node-0', ip: '192.0.2.11', controlPlane: true, taints: [], images: 'all' });
    const api = await FaultyApi.before(cluster.kubeconfig());
    const rig = new OperatorRig({ folder, cluster, registry, api });
    const { client } = rig;
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await client.create(resources.customResourceDefinitions, appReleaseCrd);
    await client.create(resources.secrets, rig.pullSecret('global-registry-auth', LOGIN.password));
    await rig.pushChart('v1.0.0');
    await rig.pushImage('ait/sample', 'v1');
    return rig;
  }

  get kubeconfigText(): string {
    return this.cluster.kubeconfig();
  }

  /** A login for the registry; the right password is `a-registry-password`. */
  pullSecret(name: string, password: string): KubeObject {
    const auth = Buffer.from(`${LOGIN.username}:${password}`).toString('base64');
    const config = JSON.stringify({ auths: { [this.registry.address]: { auth } } });
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
    };
  }

  /** Pushes `ait/chart-sample`; files beyond the usual templates, or in their place. */
  async pushChart(version: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = Object.entries({ ...TEMPLATES, ...files }).map(([path, content]) => ({ path, content }));
    const archive = await createChartArchive({ name: 'chart-sample', version, files: all });
    await this.#push(await chartArtifact(CHART, archive));
  }

  async pushImage(repository: string, tag: string): Promise<void> {
    await this.#push(await createImage({ name: { repository, tag }, files: [{ path: 'etc/x', content: tag }] }));
  }

  async #push(artifact: Parameters<typeof pushArtifact>[1]): Promise<void> {
    const client = new RegistryClient({ address: this.registry.address, ...LOGIN });
    await pushArtifact(client, artifact);
    await client.close();
  }

  async stopRegistry(): Promise<void> {
    await this.registry.close();
  }

  /** The same registry again, at the same address. */
  async restartRegistry(): Promise<void> {
    this.registry = await startRegistry({ folder: this.#folder, login: LOGIN, port: this.registry.port });
  }

  /** An AppRelease in the guide's shape. */
  release(name: string, options: ReleaseOptions = {}): KubeObject {
    const { revision: targetRevision = 'v1.0.0', annotations, timeout = 60 } = options;
    const registry = { address: this.registry.address };
    return {
      apiVersion: 'operator.alauda.io/v1alpha1',
      kind: 'AppRelease',
      metadata: { name, namespace, annotations: annotations ?? { 'auto-recycle': 'true', 'interval-sync': 'true' } },
      spec: {
        destination: { cluster: '', namespace: '' },
        source: {
          chartPullSecret: 'global-registry-auth',
          charts: [{ name: CHART, releaseName: name, targetRevision }],
          repoURL: this.registry.address,
          ...options.source,
        },
        timeout,
        values: { global: { host: 'platform.example.com', registry }, ...options.values },
        ...options.spec,
      },
    };
  }

  create(object: KubeObject): Promise<KubeObject> {
    return this.client.create(resources.appReleases, object);
  }

  /** Changes the spec of an AppRelease by merge patch. */
  change(name: string, spec: Readonly<Record<string, unknown>>): Promise<KubeObject> {
    return this.client.patch(resources.appReleases, { name, namespace }, { type: 'merge', body: { spec } });
  }

  /** Runs an operator until it is stopped or the rig is taken down. */
  startOperator(options: Partial<AppReleaseOperatorOptions> & { readonly throughFaults?: boolean } = {}): {
    stop(): Promise<void>;
  } {
    const { throughFaults = false, ...more } = options;
    const stop = new AbortController();
    const ended = (async () => {
      const kubeconfigText = throughFaults ? this.api.kubeconfigText : this.kubeconfigText;
      const client = await HttpKubeClient.fromText(kubeconfigText);
      await startAppReleaseOperator({
        client,
        kubeconfigText,
        clock: scaledClock(100),
        log: (line) => this.log.push(line),
        ...more,
        signal: stop.signal,
      });
      await client.close();
    })();
    const operator = {
      stop: async () => {
        stop.abort();
        await ended;
      },
    };
    this.#operators.push(operator);
    return operator;
  }

  /** Waits until the AppRelease is as asked for; says what stands in its way when it never is. */
  async until(name: string, done: (object: KubeObject) => boolean): Promise<KubeObject> {
    let last: unknown;
    const signal = AbortSignal.timeout(25_000);
    return watchUntil<KubeObject, KubeObject>(this.client, resources.appReleases, { namespace, signal }, (store) => {
      const object = store.get(`${namespace}/${name}`);
      last = object?.['status'];
      return object && done(object) ? object : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${name} never came so far: ${JSON.stringify(last)}\n${this.log.slice(-30).join('\n')}`, {
        cause: error,
      });
    });
  }

  /** Reasons of the events about an AppRelease. */
  async eventsOf(name: string): Promise<unknown[]> {
    const { items } = await this.client.list(resources.events, {
      namespace,
      fieldSelector: `involvedObject.name=${name},involvedObject.kind=AppRelease`,
    });
    return items.map((event) => event['reason']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const operator of this.#operators) await operator.stop();
    await this.api[Symbol.asyncDispose]();
    await this.cluster.stop();
    await this.registry.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
