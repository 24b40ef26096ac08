import { systemClock, type Clock } from '../../base/index.ts';
import { connectEtcd, type EtcdConnectionOptions, type KeyValueStore } from '../../etcd/index.ts';
import { HttpKubeClient, type KubeClient, type LeaseElectionOptions } from '../../kube/index.ts';
import type { RegistryAccess } from '../../pack/index.ts';
import { createHelm, type Helm } from '../helm/index.ts';
import type { AccessFiles } from './access.ts';

/** What the installer is given by whoever runs it: clients, ways to reach other places, and a sink for its log. */
export interface InstallerConfig {
  /** The cluster that the installer runs in (`minialauda`). */
  readonly client: KubeClient;
  /** The etcd of that cluster; asked for when the import begins. */
  readonly connectSourceEtcd: () => Promise<KeyValueStore>;
  /** `host:port` of the registry that holds the Core Package's payload, as this process reaches it. */
  readonly bootstrapRegistry: string;
  /** Through which everything outside this cluster is reached, when there is one. */
  readonly proxyUrl?: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where the backup goes that is written before the import: a folder of the host, beside installer.log. */
  readonly backupFolder: string;
  /** Takes the lines of installer.log, without their line ends. */
  readonly logSink: (line: string) => void;
  /** Where to listen; loopback and a free port when absent. */
  readonly listen?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** A client of the new cluster, from the text of Secret `global-kubeconfig`. */
  readonly connectCluster?: ((kubeconfig: string) => Promise<KubeClient>) | undefined;
  /** The etcd of the new cluster: endpoints are `<control plane node>:2379`. */
  readonly connectTargetEtcd?: ((options: EtcdConnectionOptions) => Promise<KeyValueStore>) | undefined;
  /** How a registry is reached; `login` is that of the request, for the platform registry. */
  readonly registryAccess?: ((address: string, login?: RegistryLogin) => RegistryAccess) | undefined;
  readonly createHelm?: ((kubeconfig: string) => Helm) | undefined;
  /**
   * TLS and a bearer token unless this says plain HTTP, the guide's form on the KIND network. `hosts`: further names and addresses
   * under which this replica is reached, its Pod IP above all. `files`: what is not to be taken from the Secret.
   */
  readonly access?: AccessWish | undefined;
  /**
   * Which replica this is, and how patient. The name of its Pod lets a container that was restarted go on at once; replicas must
   * not share one. Made up when absent.
   */
  readonly lease?: LeaseWish | undefined;
  /**
   * Time of the upkeep: Lease, followed state, deadlines of answers. The real clock unless a test moves one: work may be simulated
   * and run faster, but the waits for other processes may not.
   */
  readonly upkeepClock?: Clock | undefined;
}

export type AccessWish =
  | { readonly mode: 'plain' }
  | {
      readonly mode: 'secure';
      readonly hosts?: readonly string[] | undefined;
      readonly files?: AccessFiles | undefined;
    };

export type LeaseWish = Partial<Pick<LeaseElectionOptions, 'identity' | 'durationMs' | 'renewDeadlineMs' | 'retryMs'>>;

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

type Way = 'connectCluster' | 'connectTargetEtcd' | 'registryAccess' | 'createHelm' | 'access' | 'upkeepClock';

/** How long API servers are waited for, so that one which died without a word does not hold a phase up for ever. */
export const patience = { requestTimeoutMs: 60_000, watchTimeoutMs: 300_000 } as const;

/** The config with its ways filled in. */
export type CompleteConfig = Omit<InstallerConfig, Way> & {
  readonly [W in Way]: NonNullable<InstallerConfig[W]>;
};

export function completeConfig(config: InstallerConfig): CompleteConfig {
  const { proxyUrl, clock } = config;
  return {
    ...config,
    access: config.access ?? { mode: 'secure' },
    upkeepClock: config.upkeepClock ?? systemClock,
    connectCluster:
      config.connectCluster ??
      ((kubeconfig) =>
        HttpKubeClient.fromText(kubeconfig, {
          source: 'Secret global-kubeconfig',
          fieldManager: 'cpaas-installer',
          ...patience,
          proxyUrl,
          clock,
        })),
    connectTargetEtcd: config.connectTargetEtcd ?? ((options) => connectEtcd({ ...options, proxyUrl })),
    // The platform's registries stand on the platform's own certificates, which nothing here can check yet.
    registryAccess: config.registryAccess ?? ((address, login) => ({ address, proxyUrl, insecure: true, ...login })),
    createHelm: config.createHelm ?? ((kubeconfigText) => createHelm({ kubeconfigText })),
  };
}
