import {
  connectEtcd,
  NamespacedStore,
  prefixRange,
  type EtcdClient,
  type EtcdConnectionOptions,
} from '../../etcd/index.ts';
import type { ClusterStorage } from '../control-plane/index.ts';

/** A real etcd, and the part of it that belongs to one data centre. */
export interface StorageOptions {
  readonly connection: EtcdConnectionOptions;
  /** Begins every key that is written, and ends with a slash. Everything below it is taken to be this data centre's own. */
  readonly namespace: string;
}

/**
 * A namespace for each cluster of a data centre in one real etcd. A lab begins with nothing and leaves nothing: what stands in
 * the data centre's namespace goes when it opens and when it closes.
 */
export class ClusterStores {
  readonly endpoints: readonly string[];
  readonly namespace: string;
  readonly #client: EtcdClient;
  readonly #connection: EtcdConnectionOptions;

  private constructor(client: EtcdClient, { connection, namespace }: StorageOptions) {
    this.#client = client;
    this.#connection = connection;
    this.endpoints = connection.endpoints;
    this.namespace = namespace;
  }

  /** Throws ETCD_UNREACHABLE when no endpoint answers. */
  static async open(options: StorageOptions): Promise<ClusterStores> {
    const stores = new ClusterStores(await connectEtcd(options.connection), options);
    try {
      await stores.#clear();
    } catch (error) {
      await stores.#client.close();
      throw error;
    }
    return stores;
  }

  /** An empty store for a cluster that starts. Its keys begin with `<namespace><cluster>:`, which begins no other cluster's. */
  async openFor(cluster: string): Promise<{ readonly store: NamespacedStore } & ClusterStorage> {
    const prefix = `${this.namespace}${cluster}:`;
    const store = new NamespacedStore(this.#client, prefix);
    await store.clear();
    return { store, external: { connection: this.#connection, prefix } };
  }

  async close(): Promise<void> {
    try {
      await this.#clear();
    } finally {
      await this.#client.close();
    }
  }

  async #clear(): Promise<void> {
    await this.#client.deleteRange(prefixRange(this.namespace));
  }
}
