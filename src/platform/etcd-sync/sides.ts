import { toGlobalctlError, type Clock } from '../../base/index.ts';
import { connectEtcd, type EtcdClient, type KeyValueStore } from '../../etcd/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { EtcdSyncConfig } from './config.ts';
import { primaryApi, primaryEtcd } from './primary-access.ts';
import type { SyncLog } from './sync-log.ts';

/** Both etcds, connected. */
export interface Sides {
  readonly source: KeyValueStore;
  /** Asks for the cluster id of the primary's etcd. */
  readonly sourceId: () => Promise<string>;
  readonly target: KeyValueStore;
}

/** The connections of one replica: made when they are needed, shared by what it does, made again when certificates change. */
export class Connections {
  readonly api: KubeClient;
  /** When the client certificate ends; undefined before there is one. */
  expiresMs: number | undefined;
  readonly #config: EtcdSyncConfig;
  readonly #clock: Clock;
  readonly #log: SyncLog;
  #target: Promise<KeyValueStore> | undefined;
  #source: Promise<EtcdClient> | undefined;
  #renew = false;

  constructor(config: EtcdSyncConfig, clock: Clock, log: SyncLog) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.api = primaryApi(config.primary);
  }

  /** Throws what a side throws that does not answer; the next call tries again. */
  async open(signal: AbortSignal): Promise<Sides> {
    const [target, client] = await Promise.all([this.local(), this.#openSource(signal)]);
    return { source: client, sourceId: async () => (await client.status()).cluster, target };
  }

  async local(): Promise<KeyValueStore> {
    this.#target ??= this.#config.connectLocalEtcd().catch((error: unknown) => {
      this.#target = undefined;
      throw error;
    });
    return this.#target;
  }

  /** The next connection to the primary is a new one; with a new certificate when this one was refused. */
  async forget({ renew }: { readonly renew: boolean }): Promise<void> {
    this.#renew ||= renew;
    await this.#dropSource();
  }

  async close(): Promise<void> {
    const target = await this.#target?.catch(() => undefined);
    await Promise.all([this.#dropSource(), this.api.close(), target?.close()]);
  }

  #openSource(signal: AbortSignal): Promise<EtcdClient> {
    this.#source ??= this.#connect(signal).catch((error: unknown) => {
      this.#source = undefined;
      throw error;
    });
    return this.#source;
  }

  async #connect(signal: AbortSignal): Promise<EtcdClient> {
    const { client: standby, primary } = this.#config;
    const clock = this.#clock;
    const etcd = await primaryEtcd({ standby, primary, api: this.api, renew: this.#renew, clock, signal });
    this.#renew = false;
    this.expiresMs = etcd.expiresMs;
    if (etcd.issued) this.#log.write('INFO', 'a client certificate for the etcd of the primary was issued');
    try {
      return await connectEtcd(etcd.connection);
    } catch (error) {
      // The primary may have another authority since: the next try asks it.
      this.#renew = !etcd.issued;
      throw toGlobalctlError(error);
    }
  }

  async #dropSource(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    const open = await source?.catch(() => undefined);
    await open?.close();
  }
}
