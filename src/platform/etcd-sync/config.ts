import type { Clock } from '../../base/index.ts';
import type { KeyValueStore } from '../../etcd/index.ts';
import type { KubeClient } from '../../kube/index.ts';

/** The key in the standby's etcd that says how far the mirror is; outside of what API servers read. */
export const CHECKPOINT_KEY = Buffer.from('/globalctl/etcd-sync/checkpoint', 'utf8');

export interface PrimarySettings {
  /** `active_cluster_vip` of the ModuleInfo. */
  readonly vip: string;
  /** `active_cluster_token` of the ModuleInfo, decoded: of ServiceAccount k8sadmin. */
  readonly token: string;
  /** PEM; without it the primary's certificate is not verified, as in the guide's own calls. */
  readonly apiCaPem?: string | undefined;
  /** Default 6443. */
  readonly apiPort?: number | undefined;
  /** Where etcd is reached when the VIP does not forward 2379: `host:port`. */
  readonly etcdEndpoints?: readonly string[] | undefined;
  /** HTTP proxy through which the primary is reached, by CONNECT. */
  readonly proxyUrl?: string | undefined;
}

/** What one replica of the synchronizer needs. It runs on the standby only. */
export interface EtcdSyncConfig {
  /** The standby's API server. */
  readonly client: KubeClient;
  /** The standby's own etcd. */
  readonly connectLocalEtcd: () => Promise<KeyValueStore>;
  readonly primary: PrimarySettings;
  /** The name of the Pod. */
  readonly identity: string;
  /** In the place of the guide's list. */
  readonly excludedNamespaces?: readonly string[] | undefined;
  /** More resources that are not synchronised: `group/resource`, `group/*` or, built in, `resource`. */
  readonly excludedResources?: readonly string[] | undefined;
  /** `monitor_check_interval`: minutes between two checks. Default 1. */
  readonly checkIntervalMinutes?: number | undefined;
  /** `detail`: the log names the keys that a check found. */
  readonly detail?: boolean | undefined;
  /** A comparison of both sides in full may delete any number of keys. */
  readonly acceptDeletions?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
  readonly logSink: (line: string) => void;
  /** Where the monitor listens; default a free port of loopback. */
  readonly listen?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
}
