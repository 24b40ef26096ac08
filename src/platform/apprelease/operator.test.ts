import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scaledClock, SeededRandom } from '../../base/index.ts';
import { conditionOf, fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { startLabCluster, type LabCluster } from '../../lab/cluster/index.ts';
import { LabNetwork, startLabProxy, type LabProxy } from '../../lab/network/index.ts';
import { startRegistry, type Registry } from '../../lab/registry/index.ts';
import { LabServices } from '../../lab/services.ts';
import { chartArtifact, createChartArchive, pushArtifact, RegistryClient } from '../../pack/index.ts';
import { appReleaseCrd } from '../crds/index.ts';
import { createHelm, type Helm } from '../helm/index.ts';
import { startAppReleaseOperator } from './index.ts';

const REGISTRY = '172.18.0.1:11443';
const LOGIN = { username: 'puller', password: 'a-registry-password' };
const namespace = 'cpaas-system';

let folder: string;
let network: LabNetwork;
let proxy: LabProxy;
let cluster: LabCluster;
let registry: Registry;
let helm: Helm;
let running: Promise<void>;
const stop = new AbortController();
const log: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-apprelease-'));
  network = new LabNetwork();
  proxy = await startLabProxy({ network });
  registry = await startRegistry({ folder, login: LOGIN });
  network.bind({ host: '172.18.0.1', port: 11443 }, registry.port);
  cluster = await startLabCluster({
    name: 'minialauda',
    network,
    services: new LabServices(),
    programs: new Map(),
    proxyUrl: proxy.url,
    clock: scaledClock(200),
    random: new SeededRandom(1),
    kubernetesVersion: 'v1.33.7',
    podCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/16',
    requiresCni: false,
    apiAddresses: [{ host: '192.0.2.10', port: 6443 }],
  });
  await cluster.addNode({ name: 'node-0', ip: '192.0.2.11', controlPlane: true, taints: [] });
  const client = cluster.adminClient;
  await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await client.create(resources.customResourceDefinitions, appReleaseCrd);
  const auths = { [REGISTRY]: { auth: Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64') } };
  await client.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'global-registry-auth', namespace },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
  await pushChart('v1.0.0', 'v1');
  await pushChart('v1.1.0', 'v2');
  const kubeconfigText = cluster.kubeconfig({ proxyUrl: proxy.url });
  helm = createHelm({ kubeconfigText });
  running = startAppReleaseOperator({
    client,
    kubeconfigText,
    registry: { proxyUrl: proxy.url, insecure: true },
    clock: scaledClock(100),
    signal: stop.signal,
    log: (line) => log.push(line),
  });
}, 60_000);

afterAll(async () => {
  stop.abort();
  await running;
  await cluster?.stop();
  await proxy?.close();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A chart with a CRD, a Deployment and a ConfigMap that repeats a value. */
async function pushChart(version: string, crdVersion: string): Promise<void> {
  const versions = ['v1', 'v2'].slice(0, crdVersion === 'v1' ? 1 : 2).map((name) => ({
    name,
    served: true,
    storage: name === 'v1',
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  }));
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names: { kind: 'Widget', plural: 'widgets' }, scope: 'Namespaced', versions },
  };
  const labels = { app: 'sample' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'sample' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'ait/sample:v1' }] } },
    },
  };
  const archive = await createChartArchive({
    name: 'chart-sample',
    version,
    files: [
      { path: 'crds/widgets.yaml', content: stringify(crd) },
      { path: 'templates/deployment.yaml', content: stringify(deployment) },
      {
        path: 'templates/config.yaml',
        content:
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sample}\ndata: {host: {{ .Values.global.host | quote }}}\n',
      },
    ],
  });
  const client = new RegistryClient({ address: registry.address, ...LOGIN });
  await pushArtifact(client, await chartArtifact('ait/chart-sample', archive));
  await client.close();
}

function appRelease(
  name: string,
  spec: { revision?: string; secret?: string; host?: string; annotations?: Record<string, string> } = {},
): KubeObject {
  return {
    apiVersion: 'operator.alauda.io/v1alpha1',
    kind: 'AppRelease',
    metadata: { name, namespace, annotations: spec.annotations ?? { 'auto-recycle': 'true', 'interval-sync': 'true' } },
    spec: {
      destination: { cluster: '', namespace: '' },
      source: {
        chartPullSecret: spec.secret ?? 'global-registry-auth',
        charts: [{ name: 'ait/chart-sample', releaseName: name, targetRevision: spec.revision ?? 'v1.0.0' }],
        repoURL: REGISTRY,
      },
      timeout: 20,
      values: { global: { host: spec.host ?? 'platform.example.com' } },
    },
  };
}

/** Waits until the AppRelease's status is as asked for; the log tells why when it never is. */
async function untilRelease(name: string, done: (object: KubeObject) => boolean): Promise<KubeObject> {
  return watchUntil<KubeObject, KubeObject>(
    cluster.adminClient,
    resources.appReleases,
    { namespace, signal: AbortSignal.timeout(15_000) },
    (store) => {
      const object = store.get(`${namespace}/${name}`);
      return object && done(object) ? object : undefined;
    },
  ).catch((error: unknown) => {
    throw new Error(`AppRelease ${name} did not get there:\n${log.join('\n')}`, { cause: error });
  });
}

const isReady = (object: KubeObject): boolean =>
  conditionOf(object, 'Ready')?.status === 'True' &&
  fieldAt(object, 'status', 'observedGeneration') === object.metadata.generation;

describe('The AppRelease operator', () => {
  it('installs the chart with its CRDs first, waits for its Pods and says so in the status', async () => {
    await cluster.adminClient.create(resources.appReleases, appRelease('sample'));
    const object = await untilRelease('sample', isReady);
    expect(object['status']).toMatchObject({
      phase: 'Success',
      charts: [
        { name: 'ait/chart-sample', releaseName: 'sample', phase: 'Success', installedRevision: 'v1.0.0', revision: 1 },
      ],
      lastError: '',
    });
    const crd = await cluster.adminClient.get(resources.customResourceDefinitions, { name: 'widgets.example.com' });
    expect(conditionOf(crd, 'Established')?.status).toBe('True');
    const deployment = await cluster.adminClient.get(resources.deployments, { name: 'sample', namespace });
    expect(fieldAt(deployment, 'status', 'readyReplicas')).toBe(1);
    const config = await cluster.adminClient.get(resources.configMaps, { name: 'sample', namespace });
    expect(config['data']).toEqual({ host: 'platform.example.com' });
    expect((await helm.list({ namespace })).map((r) => [r.name, r.chart, r.status])).toEqual([
      ['sample', 'chart-sample-v1.0.0', 'deployed'],
    ]);
  });

  it('upgrades once when the revision changes, and upgrades the CRDs, which Helm does not', async () => {
    const ref = { name: 'sample', namespace };
    const spec = appRelease('sample', { revision: 'v1.1.0', host: 'other.example.com' })['spec'];
    await cluster.adminClient.patch(resources.appReleases, ref, { type: 'merge', body: { spec } });
    const object = await untilRelease(
      'sample',
      (o) => isReady(o) && fieldAt(o, 'status', 'charts', 0, 'installedRevision') === 'v1.1.0',
    );
    expect(fieldAt(object, 'status', 'charts', 0, 'revision')).toBe(2);
    const crd = await cluster.adminClient.get(resources.customResourceDefinitions, { name: 'widgets.example.com' });
    expect(fieldAt(crd, 'spec', 'versions', 1, 'name')).toBe('v2');
    expect((await helm.status(ref))?.revision).toBe(2);
  });

  it('recovers a release that a killed Helm left pending', async () => {
    // What Helm's record looks like when it is killed in the middle of an upgrade: revision 3, a copy of 2, pending.
    const [name, next] = ['sh.helm.release.v1.sample.v2', 'sh.helm.release.v1.sample.v3'];
    const { metadata, ...record } = await cluster.adminClient.get(resources.secrets, { name, namespace });
    const packed = Buffer.from(String(fieldAt(record, 'data', 'release')), 'base64').toString();
    const release = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as {
      version: number;
      info: { status: string };
    };
    release.version = 3;
    release.info.status = 'pending-upgrade';
    const repacked = gzipSync(JSON.stringify(release)).toString('base64');
    await cluster.adminClient.create(resources.secrets, {
      ...record,
      data: { release: Buffer.from(repacked).toString('base64') },
      metadata: { name: next, namespace, labels: { ...metadata.labels, version: '3', status: 'pending-upgrade' } },
    });
    const body = { spec: { values: { global: { host: 'third.example.com' } } } };
    await cluster.adminClient.patch(resources.appReleases, { name: 'sample', namespace }, { type: 'merge', body });
    await untilRelease('sample', isReady);
    expect(log.join('\n')).toContain('revision 3 of sample was left pending-upgrade; rolled back to revision 2');
    const config = await cluster.adminClient.get(resources.configMaps, { name: 'sample', namespace });
    expect(config['data']).toEqual({ host: 'third.example.com' });
  });

  it('says what is wrong while a chart is missing, and installs it when it appears', async () => {
    await cluster.adminClient.create(resources.appReleases, appRelease('late', { revision: 'v9.0.0' }));
    const failed = await untilRelease('late', (o) => fieldAt(o, 'status', 'phase') === 'Failed');
    expect(fieldAt(failed, 'status', 'lastError')).toContain('ait/chart-sample/manifests/v9.0.0: 404 MANIFEST_UNKNOWN');
    expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'REGISTRY_NOT_FOUND' });
    // Helm refuses to take over objects of another release, so that one has to go.
    await cluster.adminClient.delete(resources.appReleases, { name: 'sample', namespace });
    await pushChart('v9.0.0', 'v2');
    await untilRelease('late', isReady);
    const { items } = await cluster.adminClient.list(resources.events, { namespace });
    expect(items.filter((e) => fieldAt(e, 'involvedObject', 'name') === 'late').map((e) => e['reason'])).toEqual(
      expect.arrayContaining(['InstallFailed', 'Installed']),
    );
  });

  it('uninstalls the charts of a deleted AppRelease only where auto-recycle says so', async () => {
    await cluster.adminClient.delete(resources.appReleases, { name: 'late', namespace });
    await watchUntil(
      cluster.adminClient,
      resources.appReleases,
      { namespace, signal: AbortSignal.timeout(15_000) },
      (s) => (s.size === 0 ? true : undefined),
    );
    expect(await helm.list({ namespace })).toEqual([]);
    await cluster.adminClient.create(resources.appReleases, appRelease('kept', { annotations: {} }));
    await untilRelease('kept', isReady);
    await cluster.adminClient.delete(resources.appReleases, { name: 'kept', namespace });
    expect((await helm.list({ namespace })).map((r) => r.name)).toEqual(['kept']);
  });

  it('names the Secret that is missing', async () => {
    await cluster.adminClient.create(resources.appReleases, appRelease('no-secret', { secret: 'absent' }));
    const failed = await untilRelease('no-secret', (o) => fieldAt(o, 'status', 'phase') === 'Failed');
    expect(fieldAt(failed, 'status', 'lastError')).toBe('chartPullSecret: Secret cpaas-system/absent does not exist');
    expect(fieldAt(failed, 'status', 'charts', 0, 'phase')).toBe('Failed');
  });
});
