import type { GlobalctlError } from '../../base/index.ts';
import {
  conditionOf,
  isKubeReason,
  resources,
  runController,
  storeKey,
  type KubeObject,
  type Stores,
} from '../../kube/index.ts';
import { timestamp } from '../controllers/index.ts';
import type { Node, Pod } from '../core-types.ts';
import type { KubeletHost, KubeletNode } from './kubelet-host.ts';
import { nodeImages } from './node-images.ts';
import { acquireNodeLease, renewNodeLease, runHeartbeats } from './node-lease.ts';
import { nodeConditions, nodeObject, NOT_READY_TAINT, type NodeDescription } from './node-object.ts';
import { PodWorker } from './pod-worker.ts';

/** The label of the Pods that bring the container network to a node. */
const CNI_LABEL = { key: 'app', value: 'kube-ovn-cni' } as const;

class Machine implements KubeletNode {
  readonly name: string;
  readonly ip: string;
  readonly images: Set<string> | 'all';
  readonly networkReady: Promise<void>;
  readonly workers = new Map<string, PodWorker>();
  /** Whether the Pods that stood on the node before its kubelet started have been taken up. */
  caughtUp = false;
  /** How many images the Node's status lists. */
  reportedImages = 0;
  #networkIsReady = false;
  #announce: () => void = () => undefined;

  constructor(name: string, ip: string, images: Set<string> | 'all') {
    this.name = name;
    this.ip = ip;
    this.images = images;
    this.networkReady = new Promise((resolve) => (this.#announce = resolve));
  }

  isNetworkReady(): boolean {
    return this.#networkIsReady;
  }

  markNetworkReady(): void {
    this.#networkIsReady = true;
    this.#announce();
  }
}

export interface KubeletsOptions {
  readonly host: KubeletHost;
  /** A node is ready only when a Pod labelled app=kube-ovn-cni is ready on it. */
  readonly requiresCni: boolean;
  readonly signal: AbortSignal;
  readonly onError?: ((key: string, error: GlobalctlError) => void) | undefined;
}

/** The kubelets of all nodes of one cluster: they share one informer on Pods and one on Nodes. */
export class Kubelets {
  readonly #options: KubeletsOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #running: Promise<unknown>;
  #enqueue: (key: string) => void = () => undefined;

  constructor(options: KubeletsOptions) {
    this.#options = options;
    const { host, signal, onError } = options;
    const controller = runController({
      name: 'kubelets',
      client: host.client,
      clock: host.clock,
      signal,
      concurrency: 8,
      onError,
      onStart: (enqueue) => (this.#enqueue = enqueue),
      watches: [
        { resource: resources.pods, mapToKeys: (pod) => keysOf(pod as Pod) },
        { resource: resources.nodes, mapToKeys: (node) => [`node|${storeKey(node)}`] },
      ],
      reconcile: async ({ key }, stores) => {
        if (key.startsWith('node|')) await this.#syncNode(key.slice('node|'.length), stores);
        else await this.#syncPod(key.slice('pod|'.length), stores);
      },
    });
    const heartbeats = runHeartbeats({
      signal,
      nodeNames: () => this.nodeNames,
      heartbeat: (name) => this.#heartbeat(name),
      onError,
    });
    this.#running = Promise.allSettled([controller, heartbeats]);
    signal.addEventListener('abort', () => this.#killAll(), { once: true });
  }

  get nodeNames(): string[] {
    return [...this.#machines.keys()];
  }

  /** Starts a machine's kubelet: registers the Node (an existing one is taken over) and runs the Pods assigned to it. */
  async addNode(node: NodeDescription, images: Set<string> | 'all'): Promise<void> {
    const { client, clock } = this.#options.host;
    this.#machines.set(node.name, new Machine(node.name, node.ip, images));
    const object = nodeObject(node, timestamp(clock));
    try {
      await client.create(resources.nodes, object);
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
    this.#nodeEvent(node.name, 'Starting', 'Starting kubelet.');
    // A create does not carry the status.
    const registered = await client.patch(
      resources.nodes,
      { name: node.name },
      { type: 'merge', body: { status: object.status }, subresource: 'status' },
    );
    await acquireNodeLease(client, registered, clock);
  }

  /** An Event about a node as its kubelet records it: by its name in the place of the uid. */
  #nodeEvent(name: string, reason: string, message: string): void {
    const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
    this.#options.host.eventsFor(name).normal(node, reason, message);
  }

  /** What a kubelet tells now and then of its own accord. */
  async #heartbeat(name: string): Promise<void> {
    const machine = this.#machines.get(name);
    const { client, clock, random } = this.#options.host;
    await renewNodeLease(client, name, clock);
    if (!machine || machine.images === 'all' || machine.images.size === machine.reportedImages) return;
    const { size } = machine.images;
    const body = { status: { images: nodeImages(machine.images, random) } };
    await client.patch(resources.nodes, { name }, { type: 'merge', body, subresource: 'status' });
    machine.reportedImages = size;
  }

  /** The machine is gone: its programs end at once; Node and Pod objects are the business of who removes them. */
  stopNode(name: string): void {
    const machine = this.#machines.get(name);
    this.#machines.delete(name);
    for (const worker of machine?.workers.values() ?? []) worker.kill();
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  #killAll(): void {
    for (const name of this.nodeNames) this.stopNode(name);
  }

  async #syncPod(key: string, stores: Stores): Promise<void> {
    const pod = stores.get<Pod>(resources.pods, key);
    for (const machine of this.#machines.values()) {
      const worker = machine.workers.get(key);
      if (!worker || (pod && pod.metadata.uid === worker.uid)) continue;
      machine.workers.delete(key);
      worker.kill();
    }
    const machine = pod && this.#machines.get(pod.spec.nodeName ?? '');
    if (!pod || !machine) return;
    let worker = machine.workers.get(key);
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (worker) {
        // In the background: one Pod that takes its time must not hold up the others.
        worker.terminate(pod.metadata.deletionGracePeriodSeconds ?? 30).catch(() => undefined);
      } else
        await this.#options.host.client
          .delete(
            resources.pods,
            { name: pod.metadata.name ?? '', namespace: pod.metadata.namespace },
            { gracePeriodSeconds: 0, ...(pod.metadata.uid !== undefined && { uid: pod.metadata.uid }) },
          )
          .catch((error: unknown) => {
            if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
          });
      return;
    }
    if (worker || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
      await this.#noticeNetwork(machine, pod, stores);
      return;
    }
    worker = new PodWorker(this.#options.host, machine, pod);
    machine.workers.set(key, worker);
  }

  /** The CNI's Pod on a machine became ready. */
  async #noticeNetwork(machine: Machine, pod: Pod, stores: Stores): Promise<void> {
    if (machine.isNetworkReady() || pod.metadata.labels?.[CNI_LABEL.key] !== CNI_LABEL.value) return;
    if (conditionOf(pod, 'Ready')?.status === 'True')
      await this.#makeReady(machine, stores.get<Node>(resources.nodes, machine.name));
  }

  async #syncNode(name: string, stores: Stores): Promise<void> {
    const machine = this.#machines.get(name);
    const node = stores.get<Node>(resources.nodes, name);
    if (!machine || !node) return;
    if (!machine.caughtUp) {
      machine.caughtUp = true;
      for (const pod of stores.all<Pod>(resources.pods))
        if (pod.spec.nodeName === name) this.#enqueue(`pod|${storeKey(pod)}`);
    }
    const networkWorks =
      !this.#options.requiresCni ||
      machine.isNetworkReady() ||
      stores
        .all<Pod>(resources.pods)
        .some(
          (pod) =>
            pod.spec.nodeName === name &&
            pod.metadata.labels?.[CNI_LABEL.key] === CNI_LABEL.value &&
            conditionOf(pod, 'Ready')?.status === 'True',
        );
    if (networkWorks) await this.#makeReady(machine, node);
  }

  async #makeReady(machine: Machine, node: Node | undefined): Promise<void> {
    const { host } = this.#options;
    machine.markNetworkReady();
    if (!node) return;
    const ref = { name: machine.name };
    if (conditionOf(node, 'Ready')?.status !== 'True') {
      const conditions = nodeConditions(true, timestamp(host.clock));
      await host.client.patch(resources.nodes, ref, {
        type: 'merge',
        body: { status: { conditions } },
        subresource: 'status',
      });
      this.#nodeEvent(machine.name, 'NodeReady', `Node ${machine.name} status is now: NodeReady`);
    }
    // Read anew: others change taints too (the cloud provider, people), and a list is written as a whole.
    const current = await host.client.find<Node>(resources.nodes, ref);
    const taints = current?.spec.taints ?? [];
    const kept = taints.filter((taint) => taint.key !== NOT_READY_TAINT.key);
    if (!current || kept.length === taints.length) return;
    const { resourceVersion } = current.metadata;
    await host.client.patch(resources.nodes, ref, {
      type: 'merge',
      body: { metadata: { resourceVersion }, spec: { taints: kept.length > 0 ? kept : null } },
    });
  }
}

function keysOf(pod: Pod): string[] {
  return pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? [] : [`pod|${storeKey(pod)}`];
}
