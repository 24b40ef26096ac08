import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, scaledClock, SeededRandom } from '../../base/index.ts';
import { conditionOf, fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { findBinary } from '../../platform/helm/index.ts';
import { LabNetwork, listenOnLoopback, startLabProxy, type LabProxy } from '../network/index.ts';
import type { Program } from '../program.ts';
import { LabServices } from '../services.ts';
import { startLabCluster, type LabCluster } from './index.ts';

const echo: Program = {
  image: 'lab/echo',
  run: async (context) => {
    const { createServer } = await import('node:http');
    const server = createServer((_, answer) => answer.end(`hello from ${context.podIP}`));
    context.listen(8080, await listenOnLoopback(server));
    context.log('listening');
    context.markReady();
    await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    server.closeAllConnections();
    server.close();
  },
};

let network: LabNetwork;
let proxy: LabProxy;
let cluster: LabCluster;
let folder: string;
const trouble: string[] = [];

beforeAll(async () => {
  network = new LabNetwork();
  proxy = await startLabProxy({ network });
  const failing: Program = { image: 'lab/failing', run: () => Promise.reject(new Error('no disk')) };
  const slow: Program = {
    image: 'lab/slow',
    run: async (context) => {
      await context.clock.sleep(30_000, context.signal);
      context.markReady();
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  cluster = await startLabCluster({
    name: 'test',
    network,
    services: new LabServices(),
    programs: new Map([echo, failing, slow].map((program) => [program.image, program])),
    proxyUrl: proxy.url,
    clock: scaledClock(200),
    random: new SeededRandom(1),
    kubernetesVersion: 'v1.33.7',
    podCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/16',
    requiresCni: false,
    apiAddresses: [{ host: '192.0.2.10', port: 6443 }],
    log: (line) => trouble.push(line),
  });
  await cluster.addNode({ name: 'cp-0', ip: '192.0.2.11', controlPlane: true, taints: [] });
  folder = await mkdtemp(join(tmpdir(), 'lab-cluster-'));
  await writeFile(join(folder, 'kubeconfig'), cluster.kubeconfig({ proxyUrl: proxy.url }), { mode: 0o600 });
});

afterAll(async () => {
  await cluster?.stop();
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const { path: program } = await findBinary('kubectl');
  return (await runCommand({ program, args: ['--kubeconfig', join(folder, 'kubeconfig'), ...args] })).stdout;
}

function until<T>(
  resource: (typeof resources)[keyof typeof resources],
  done: (objects: KubeObject[]) => T | undefined,
  namespace = 'default',
): Promise<T> {
  return watchUntil(cluster.adminClient, resource, { namespace, signal: AbortSignal.timeout(15_000) }, (store) =>
    done([...store.values()]),
  );
}

function deployment(name: string, image: string, replicas: number): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}

describe('a cluster of the lab', () => {
  test('has a ready control plane node with its static Pods', async () => {
    const node = await watchUntil(
      cluster.adminClient,
      resources.nodes,
      { signal: AbortSignal.timeout(10_000) },
      (nodes) => [...nodes.values()].find((n) => conditionOf(n, 'Ready')?.status === 'True'),
    );
    expect(node.metadata.name).toBe('cp-0');
    const running = await until(
      resources.pods,
      (pods) => (pods.filter((p) => conditionOf(p, 'Ready')?.status === 'True').length === 4 ? pods : undefined),
      'kube-system',
    );
    expect(running.map((p) => p.metadata.name).sort()[0]).toBe('etcd-cp-0');
  });

  test('real kubectl rolls out a Deployment of a program through the proxy, reads its log and reaches its Pods', async () => {
    await cluster.adminClient.create(resources.deployments, deployment('echo', 'lab/echo:v1', 2));
    expect(await kubectl('rollout', 'status', 'deployment/echo', '--timeout=20s')).toContain('successfully rolled out');
    expect(await kubectl('get', 'deployment', 'echo')).toMatch(/echo\s+2\/2\s+2\s+2/);
    const pods = await kubectl('get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={.items[*].status.podIP}');
    const [ip = ''] = pods.split(' ');
    expect(network.resolve(ip, 8080)).toBeDefined();
    expect(await kubectl('logs', 'deployment/echo')).toContain('listening');
    expect(await kubectl('describe', 'deployment', 'echo')).toContain('Scaled up replica set');
  });

  test('a Deployment does not count as stuck because the clock runs faster than its program starts', async () => {
    const wanted = deployment('slow', 'lab/slow:v1', 1);
    await cluster.adminClient.create(resources.deployments, {
      ...wanted,
      spec: { ...(wanted['spec'] as object), progressDeadlineSeconds: 1 },
    });
    const reasons = new Set<string | undefined>();
    await until(resources.deployments, (deployments) => {
      const slow = deployments.find((d) => d.metadata.name === 'slow');
      if (slow) reasons.add(conditionOf(slow, 'Progressing')?.reason);
      return fieldAt(slow, 'status', 'availableReplicas') === 1 ? true : undefined;
    });
    expect(reasons).toContain('ReplicaSetUpdated');
    expect(reasons).not.toContain('ProgressDeadlineExceeded');
  });

  test('a changed template replaces the Pods; scaling to zero removes them', async () => {
    await kubectl('set', 'image', 'deployment/echo', 'main=lab/echo:v2');
    await kubectl('rollout', 'status', 'deployment/echo', '--timeout=20s');
    const images = await until(resources.pods, (pods) => {
      const mine = pods.filter((p) => p.metadata.labels?.['app'] === 'echo');
      return mine.length === 2 && mine.every((p) => fieldAt(p, 'spec', 'containers', 0, 'image') === 'lab/echo:v2')
        ? mine
        : undefined;
    });
    expect(images).toHaveLength(2);
    await kubectl('scale', 'deployment/echo', '--replicas=0');
    await until(resources.pods, (pods) => (pods.some((p) => p.metadata.labels?.['app'] === 'echo') ? undefined : true));
  });

  test('a program that fails is restarted with back-off and its Pod says so', async () => {
    await cluster.adminClient.create(resources.deployments, deployment('failing', 'lab/failing:v1', 1));
    const pod = await until(resources.pods, (pods) =>
      pods.find(
        (p) =>
          p.metadata.labels?.['app'] === 'failing' &&
          fieldAt(p, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason') === 'CrashLoopBackOff',
      ),
    );
    expect(await kubectl('logs', pod.metadata.name ?? '')).toContain('no disk');
    await kubectl('delete', 'deployment', 'failing');
  });

  test('an image that its registry does not have leaves the Pod in ImagePullBackOff, with the cause in an Event', async () => {
    await cluster.adminClient.create(
      resources.deployments,
      deployment('missing', '192.0.2.99:11443/ait/missing:v1', 1),
    );
    const pod = await until(resources.pods, (pods) =>
      pods.find(
        (p) =>
          p.metadata.labels?.['app'] === 'missing' &&
          fieldAt(p, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason') === 'ImagePullBackOff',
      ),
    );
    expect(await kubectl('describe', 'pod', pod.metadata.name ?? '')).toContain('connection refused');
    await kubectl('delete', 'deployment', 'missing');
  });

  test('a Pod that no node takes stays Pending with the scheduler’s reason', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'far', namespace: 'default' },
      spec: { nodeSelector: { zone: 'moon' }, containers: [{ name: 'main', image: 'x' }] },
    };
    await cluster.adminClient.create(resources.pods, pod);
    const waiting = await until(resources.pods, (pods) =>
      pods.find((p) => conditionOf(p, 'PodScheduled')?.reason === 'Unschedulable'),
    );
    expect(conditionOf(waiting, 'PodScheduled')?.message).toContain(
      "1 node(s) didn't match Pod's node affinity/selector",
    );
    await cluster.adminClient.delete(resources.pods, { name: 'far', namespace: 'default' });
  });

  test('a Job runs to completion and kubectl waits for it', async () => {
    await cluster.adminClient.create(resources.jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'default' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
    });
    expect(await kubectl('wait', 'job/once', '--for=condition=complete', '--timeout=15s')).toContain('condition met');
  });

  test('a new namespace gets its ServiceAccount and CA; deleting it removes all that it holds', async () => {
    await kubectl('create', 'namespace', 'short-lived');
    await until(
      resources.serviceAccounts,
      (accounts) => accounts.find((a) => a.metadata.name === 'default'),
      'short-lived',
    );
    await kubectl('-n', 'short-lived', 'create', 'configmap', 'content', '--from-literal=a=b');
    await kubectl('delete', 'namespace', 'short-lived', '--timeout=15s');
    expect(
      await cluster.adminClient.find(resources.configMaps, { name: 'content', namespace: 'short-lived' }),
    ).toBeUndefined();
  });

  test('foreground deletion leaves the owner until its dependents are gone; orphans stay', async () => {
    await cluster.adminClient.create(resources.deployments, deployment('tree', 'x', 1));
    await kubectl('rollout', 'status', 'deployment/tree', '--timeout=20s');
    await kubectl('delete', 'deployment', 'tree', '--cascade=foreground', '--timeout=15s');
    const left = await cluster.adminClient.list(resources.replicaSets, {
      namespace: 'default',
      labelSelector: 'app=tree',
    });
    expect(left.items).toEqual([]);

    await cluster.adminClient.create(resources.deployments, deployment('kept', 'x', 1));
    await kubectl('rollout', 'status', 'deployment/kept', '--timeout=20s');
    await kubectl('delete', 'deployment', 'kept', '--cascade=orphan', '--timeout=15s');
    const [set] = (
      await cluster.adminClient.list(resources.replicaSets, { namespace: 'default', labelSelector: 'app=kept' })
    ).items;
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    await kubectl('delete', 'replicaset', set?.metadata.name ?? '', '--timeout=15s');
  });

  test('an owner of the same name with another uid is no owner', async () => {
    const owner = await cluster.adminClient.create<KubeObject>(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owner', namespace: 'default' },
    });
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner' };
    const make = (name: string, uid: string): Promise<KubeObject> =>
      cluster.adminClient.create(resources.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default', ownerReferences: [{ ...ref, uid }] },
      });
    await make('child', owner.metadata.uid ?? '');
    await make('stray', '00000000-0000-4000-a000-000000000000');
    await until(resources.configMaps, (maps) => (maps.some((m) => m.metadata.name === 'stray') ? undefined : true));
    expect(await cluster.adminClient.find(resources.configMaps, { name: 'child', namespace: 'default' })).toBeDefined();
  });

  test('objects of a kind that is defined later are collected with their owner too', async () => {
    const { adminClient: client } = cluster;
    const widgets = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
    await client.create<KubeObject>(resources.customResourceDefinitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await kubectl('wait', 'crd/widgets.example.com', '--for=condition=Established', '--timeout=10s');
    const owner = await client.create<KubeObject>(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'parent', namespace: 'default' },
    });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'parent', uid: owner.metadata.uid ?? '' }];
    await client.create(widgets, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'child', namespace: 'default', ownerReferences },
    });
    await client.delete(resources.configMaps, { name: 'parent', namespace: 'default' });
    await watchUntil(client, widgets, { namespace: 'default', signal: AbortSignal.timeout(15_000) }, (store) =>
      store.size === 0 ? true : undefined,
    );
  });

  test('a node that is removed takes its Pods and addresses with it', async () => {
    await cluster.addNode({ name: 'worker-0', ip: '192.0.2.21', labels: { role: 'worker' } });
    const set = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: {
          metadata: { labels: { app: 'agent' } },
          spec: { nodeSelector: { role: 'worker' }, containers: [{ name: 'main', image: 'x' }] },
        },
      },
    };
    await cluster.adminClient.create(resources.daemonSets, set);
    expect(await kubectl('rollout', 'status', 'daemonset/agent', '--timeout=20s')).toContain('successfully rolled out');
    await cluster.removeNode('worker-0');
    await until(resources.pods, (pods) =>
      pods.some((p) => p.metadata.labels?.['app'] === 'agent') ? undefined : true,
    );
    expect(cluster.nodeNames).toEqual(['cp-0']);
  });

  test('where a container network is required, nodes wait for its Pod and ordinary Pods for the nodes', async () => {
    const waiting = await startLabCluster({
      name: 'cni',
      network,
      services: new LabServices(),
      programs: new Map(),
      proxyUrl: proxy.url,
      clock: scaledClock(200),
      random: new SeededRandom(2),
      kubernetesVersion: 'v1.33.7',
      podCIDR: '10.245.0.0/16',
      serviceCIDR: '10.97.0.0/16',
      requiresCni: true,
    });
    try {
      const { adminClient: client } = waiting;
      await waiting.addNode({ name: 'node-0', ip: '192.0.2.31' });
      await client.create(resources.deployments, deployment('web', 'x', 1));
      const signal = AbortSignal.timeout(15_000);
      const pending = await watchUntil(client, resources.pods, { namespace: 'default', signal }, (pods) =>
        [...pods.values()].find((p) => conditionOf(p, 'PodScheduled')?.status === 'False'),
      );
      expect(conditionOf(pending, 'PodScheduled')?.message).toContain('node.kubernetes.io/not-ready');
      expect(conditionOf(await client.get(resources.nodes, { name: 'node-0' }), 'Ready')?.message).toContain(
        'cni plugin not initialized',
      );
      const labels = { app: 'kube-ovn-cni' };
      await client.create(resources.daemonSets, {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'kube-ovn-cni', namespace: 'kube-system' },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              hostNetwork: true,
              tolerations: [{ operator: 'Exists' }],
              containers: [{ name: 'cni', image: 'kube-ovn:v1' }],
            },
          },
        },
      });
      await watchUntil(client, resources.deployments, { namespace: 'default', signal }, (deployments) =>
        [...deployments.values()].find((d) => conditionOf(d, 'Available')?.status === 'True'),
      );
      const node = await client.get(resources.nodes, { name: 'node-0' });
      expect(conditionOf(node, 'Ready')?.status).toBe('True');
      expect(fieldAt(node, 'spec', 'taints') ?? []).toEqual([]);
    } finally {
      await waiting.stop();
    }
  });

  test('nothing inside reported trouble', () => {
    expect(trouble).toEqual([]);
  });
});
