import { afterAll, beforeAll, expect, test } from 'vitest';
import { scaledClock, SeededRandom } from '../../base/index.ts';
import { conditionOf, fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { createClusterCertificates } from '../apiserver/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { LabNetwork, startLabProxy, type LabProxy } from '../network/index.ts';
import { CertificateAuthority } from '../pki/index.ts';
import type { Program } from '../program.ts';
import { LabServices } from '../services.ts';
import { startSwitchableCluster, type LabClusterOptions, type SwitchableCluster } from './index.ts';

const address = { host: '192.0.2.11', port: 6443 };
const starts: string[] = [];
/** Runs until it is ended, and tells that it was started. */
const service: Program = {
  image: 'lab/service',
  run: async (context) => {
    starts.push(context.podIP);
    context.markReady();
    await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
  },
};

let network: LabNetwork;
let proxy: LabProxy;
let options: LabClusterOptions;
let cluster: SwitchableCluster;
let store: MemoryStore;

beforeAll(async () => {
  network = new LabNetwork();
  proxy = await startLabProxy({ network });
  store = new MemoryStore();
  const [{ authority, serviceAccountKeyPem }, etcd] = await Promise.all([
    createClusterCertificates({ names: [], addresses: [] }),
    CertificateAuthority.create('etcd-ca'),
  ]);
  const pair = (ca: CertificateAuthority): { certificatePem: string; keyPem: string } => ({
    certificatePem: ca.certificatePem,
    keyPem: ca.keyPem,
  });
  options = {
    name: 'global',
    network,
    services: new LabServices(),
    programs: new Map([[service.image, service]]),
    proxyUrl: proxy.url,
    clock: scaledClock(200),
    random: new SeededRandom(1),
    kubernetesVersion: 'v1.33.7',
    podCIDR: '10.3.0.0/16',
    serviceCIDR: '10.4.0.0/16',
    requiresCni: false,
    sans: [address.host],
    authorities: { cluster: pair(authority), etcd: pair(etcd), serviceAccountKeyPem },
    storage: { store },
  };
  cluster = await startSwitchableCluster(options);
  await cluster.addNode({ name: 'cp-0', ip: address.host, controlPlane: true, taints: [] });
});
afterAll(async () => {
  await cluster?.stop();
  await proxy?.close();
  await store?.close();
});

function readyPod(): Promise<KubeObject> {
  return watchUntil(
    cluster.adminClient,
    resources.pods,
    { namespace: 'default', signal: AbortSignal.timeout(15_000) },
    (pods) => [...pods.values()].find((pod) => conditionOf(pod, 'Ready')?.status === 'True'),
  );
}

test('a cluster without power answers nobody, and has everything that it had when the power is back', async () => {
  const labels = { app: 'service' };
  await cluster.adminClient.create(resources.deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'service', namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'lab/service' }] } },
    },
  });
  const before = await readyPod();
  const { caPem, etcd, nodeNames } = cluster;

  await cluster.powerOff();
  expect(cluster.isOn).toBe(false);
  expect(network.resolve(address.host, address.port)).toBeUndefined();
  await expect(cluster.adminClient.list(resources.pods)).rejects.toThrow();
  expect(cluster.nodeNames).toEqual(nodeNames);

  await cluster.powerOn();
  expect(network.resolve(address.host, address.port)?.loopbackPort).toBe(cluster.loopbackPort);
  expect([cluster.caPem, cluster.etcd.caPem]).toEqual([caPem, etcd.caPem]);
  const after = await watchUntil(
    cluster.adminClient,
    resources.pods,
    { namespace: 'default', signal: AbortSignal.timeout(15_000) },
    (pods) =>
      starts.length > 1 ? [...pods.values()].find((p) => conditionOf(p, 'Ready')?.status === 'True') : undefined,
  );
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(starts).toHaveLength(2);
  expect(fieldAt(after, 'status', 'podIP')).toBe(starts[1]);
  const node = await cluster.adminClient.get(resources.nodes, { name: 'cp-0' });
  expect(conditionOf(node, 'Ready')?.status).toBe('True');
});

test('a machine that is taken away while there is no power does not come back', async () => {
  await cluster.addNode({ name: 'worker-0', ip: '192.0.2.21' });
  await cluster.powerOff();
  await cluster.removeNode('worker-0');
  await cluster.powerOn();
  expect(cluster.nodeNames).toEqual(['cp-0']);
});

test('a cluster whose etcd would not outlive it keeps its power', async () => {
  const { storage: _storage, ...without } = options;
  await using other = await disposable({ ...without, name: 'other', sans: [] });
  await expect(other.cluster.powerOff()).rejects.toMatchObject({ code: 'LAB_CONTROL_PLANE' });
  expect(other.cluster.isOn).toBe(true);
  await other.cluster.adminClient.list(resources.pods);
});

async function disposable(of: LabClusterOptions): Promise<AsyncDisposable & { readonly cluster: SwitchableCluster }> {
  const started = await startSwitchableCluster(of);
  return { cluster: started, [Symbol.asyncDispose]: () => started.stop() };
}
