import { follow, HttpKubeClient, resources, type KubeClient } from '../../../kube/index.ts';
import type { ControllerEnvironment } from './environment.ts';
import type { Node, Secret } from './objects.ts';

interface Remote {
  readonly client: KubeClient;
  readonly secretVersion: string;
  readonly nodes: Map<string, Node>;
  readonly stop: AbortController;
  nodesSynced: boolean;
}

/**
 * Clients of the clusters that are being managed, from their `<cluster>-kubeconfig` Secrets (key `value`), with a watch of
 * their nodes. A Secret that changes gives a new client.
 */
export class RemoteClusters {
  readonly #environment: ControllerEnvironment;
  readonly #onNodeChange: (clusterKey: string) => void;
  readonly #remotes = new Map<string, Remote>();

  constructor(environment: ControllerEnvironment, onNodeChange: (clusterKey: string) => void = () => undefined) {
    this.#environment = environment;
    this.#onNodeChange = onNodeChange;
    environment.signal.addEventListener('abort', () => this.#closeAll(), { once: true });
  }

  /** undefined while the cluster has no kubeconfig Secret. Does not tell whether its API server answers. */
  async client(namespace: string, clusterName: string): Promise<KubeClient | undefined> {
    return (await this.#remote(namespace, clusterName))?.client;
  }

  /** The nodes as last seen; undefined until the cluster's API server has answered once. */
  async nodes(namespace: string, clusterName: string): Promise<readonly Node[] | undefined> {
    const remote = await this.#remote(namespace, clusterName);
    return remote?.nodesSynced === true ? [...remote.nodes.values()] : undefined;
  }

  async #remote(namespace: string, clusterName: string): Promise<Remote | undefined> {
    const { client, signal, proxyUrl, clock, log } = this.#environment;
    const key = `${namespace}/${clusterName}`;
    const secret = await client.find<Secret>(
      resources.secrets,
      { name: `${clusterName}-kubeconfig`, namespace },
      signal,
    );
    const value = secret?.data?.['value'];
    if (secret === undefined || value === undefined) return undefined;
    const secretVersion = `${secret.metadata.uid ?? ''}/${value}`;
    const present = this.#remotes.get(key);
    if (present?.secretVersion === secretVersion) return present;
    this.#close(key);
    const remoteClient = await HttpKubeClient.fromText(Buffer.from(value, 'base64').toString('utf8'), {
      source: `Secret ${namespace}/${clusterName}-kubeconfig`,
      fieldManager: 'cluster-api',
      proxyUrl,
    });
    const again = this.#remotes.get(key);
    if (again?.secretVersion === secretVersion) {
      await remoteClient.close();
      return again;
    }
    const stop = new AbortController();
    const remote: Remote = { client: remoteClient, secretVersion, nodes: new Map(), stop, nodesSynced: false };
    this.#remotes.set(key, remote);
    const watch = async (): Promise<void> => {
      const both = AbortSignal.any([signal, stop.signal]);
      for await (const event of follow<Node>(remoteClient, resources.nodes, { signal: both, clock }, remote.nodes)) {
        if (event.type === 'synced') remote.nodesSynced = true;
        this.#onNodeChange(key);
      }
    };
    watch().catch((error: unknown) => {
      if (!stop.signal.aborted && !signal.aborted) log(`watch of the nodes of ${key} ended: ${String(error)}`);
    });
    return remote;
  }

  /** Ends the watch and the connections of a cluster that is gone. */
  forget(namespace: string, clusterName: string): void {
    this.#close(`${namespace}/${clusterName}`);
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
