import {
  follow,
  HttpKubeClient,
  resources,
  type KubeClient,
  type KubeObject,
  type ListOptions,
  type Resource,
} from '../../../kube/index.ts';
import type { ControllerEnvironment } from './environment.ts';
import type { Node, Secret } from './objects.ts';
import { pacedClock } from './paced-clock.ts';

interface Remote {
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly nodes: Map<string, Node>;
  readonly pods: Map<string, KubeObject>;
  readonly stop: AbortController;
  unsynced: number;
}

export interface RemoteClustersOptions {
  /** Watch the nodes; told of each that changes. */
  readonly onNodeChange?: (clusterKey: string, node: Node) => void;
  /** Also watch the static Pods of the control plane (`tier=control-plane` in `kube-system`). */
  readonly onControlPlanePodChange?: (clusterKey: string) => void;
}

/** How long a kubeconfig that was read is believed, in real time: a Secret that changes gives a new client soon after. */
const BELIEVED_MS = 2000;

/** Clients of the clusters that are being managed, from their `<cluster>-kubeconfig` Secrets (key `value`), and watches there. */
export class RemoteClusters {
  readonly #environment: ControllerEnvironment;
  readonly #options: RemoteClustersOptions;
  readonly #remotes = new Map<string, Remote>();
  readonly #reads = new Map<string, { readonly atMs: number; readonly value: Promise<string | undefined> }>();

  constructor(environment: ControllerEnvironment, options: RemoteClustersOptions = {}) {
    this.#environment = environment;
    this.#options = options;
    environment.signal.addEventListener('abort', () => this.#closeAll(), { once: true });
  }

  /** undefined while the cluster has no kubeconfig Secret. Does not tell whether its API server answers. */
  async client(namespace: string, clusterName: string): Promise<KubeClient | undefined> {
    return (await this.#remote(namespace, clusterName))?.client;
  }

  /** Nodes and control plane Pods as last seen; undefined until the cluster's API server has answered every watch once. */
  async view(
    namespace: string,
    clusterName: string,
  ): Promise<{ nodes: readonly Node[]; controlPlanePods: readonly KubeObject[] } | undefined> {
    const remote = await this.#remote(namespace, clusterName);
    if (remote?.unsynced !== 0) return undefined;
    return { nodes: [...remote.nodes.values()], controlPlanePods: [...remote.pods.values()] };
  }

  async #remote(namespace: string, clusterName: string): Promise<Remote | undefined> {
    const key = `${namespace}/${clusterName}`;
    const kubeconfig = await this.#kubeconfig(namespace, clusterName);
    if (kubeconfig === undefined) {
      this.#close(key);
      return undefined;
    }
    const present = this.#remotes.get(key);
    if (present?.kubeconfig === kubeconfig) return present;
    this.#close(key);
    const client = await HttpKubeClient.fromText(kubeconfig, {
      source: `Secret ${namespace}/${clusterName}-kubeconfig`,
      fieldManager: 'cluster-api',
      proxyUrl: this.#environment.proxyUrl,
    });
    const again = this.#remotes.get(key);
    if (again?.kubeconfig === kubeconfig) {
      await client.close();
      return again;
    }
    const remote: Remote = {
      client,
      kubeconfig,
      nodes: new Map(),
      pods: new Map(),
      stop: new AbortController(),
      unsynced: 0,
    };
    this.#remotes.set(key, remote);
    const { onNodeChange, onControlPlanePodChange } = this.#options;
    if (onNodeChange) this.#watch(key, remote, resources.nodes, {}, remote.nodes, (node) => onNodeChange(key, node));
    if (onControlPlanePodChange) {
      const only = { namespace: 'kube-system', labelSelector: 'tier=control-plane' };
      this.#watch(key, remote, resources.pods, only, remote.pods, () => onControlPlanePodChange(key));
    }
    return remote;
  }

  #kubeconfig(namespace: string, clusterName: string): Promise<string | undefined> {
    const { client, signal } = this.#environment;
    const name = `${clusterName}-kubeconfig`;
    const known = this.#reads.get(`${namespace}/${name}`);
    // Wall time, as no simulated event makes an old kubeconfig wrong.
    const nowMs = performance.now();
    if (known && nowMs - known.atMs < BELIEVED_MS) return known.value;
    const value = client.find<Secret>(resources.secrets, { name, namespace }, signal).then((secret) => {
      const text = secret?.data?.['value'];
      // Absence is not believed: the Secret appears at any moment.
      if (text === undefined) this.#reads.delete(`${namespace}/${name}`);
      return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
    });
    this.#reads.set(`${namespace}/${name}`, { atMs: nowMs, value });
    value.catch(() => this.#reads.delete(`${namespace}/${name}`));
    return value;
  }

  #watch(
    key: string,
    remote: Remote,
    resource: Resource,
    only: ListOptions,
    store: Map<string, KubeObject>,
    onChange: (object: KubeObject) => void,
  ): void {
    const { signal, clock, log } = this.#environment;
    remote.unsynced++;
    const run = async (): Promise<void> => {
      const both = AbortSignal.any([signal, remote.stop.signal]);
      const options = { ...only, signal: both, clock: pacedClock(clock) };
      for await (const event of follow(remote.client, resource, options, store)) {
        if (event.type !== 'synced') onChange(event.object);
        else {
          remote.unsynced--;
          for (const object of store.values()) onChange(object);
        }
      }
    };
    run().catch((error: unknown) => {
      if (!remote.stop.signal.aborted && !signal.aborted)
        log(`watch of ${resource.plural} of ${key} ended: ${String(error)}`);
    });
  }

  #close(key: string): void {
    const remote = this.#remotes.get(key);
    this.#remotes.delete(key);
    if (!remote) return;
    remote.stop.abort();
    void remote.client.close();
  }

  #closeAll(): void {
    for (const key of [...this.#remotes.keys()]) this.#close(key);
  }
}
