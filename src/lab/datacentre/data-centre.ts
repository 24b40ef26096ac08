import { join } from 'node:path';
import { scaledClock, SeededRandom, systemClock, toGlobalctlError, type Clock } from '../../base/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { Validator } from '../apiserver/index.ts';
import { Cleanup } from '../cleanup.ts';
import { startSwitchableCluster, type SwitchableCluster } from '../cluster/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { Fleet, Iaas, iaasService } from '../infrastructure/iaas/index.ts';
import { LabNetwork, startLabProxy, type LabProxy } from '../network/index.ts';
import type { Program } from '../program.ts';
import {
  startEnvtestControlPlane,
  startLabControlPlane,
  type ClusterStorage,
  type EnvtestBinaries,
  type StartControlPlane,
} from '../control-plane/index.ts';
import { LabServices } from '../services.ts';
import { localEtcdService } from '../programs/etcd-sync.ts';
import { volumesService } from '../programs/platform-registry.ts';
import { BootstrapHost, bootstrapHostService, type BootstrapOptions } from './bootstrap-host.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { ClusterStores, type StorageOptions } from './cluster-stores.ts';

/** What the data centres of one lab have in common. */
export interface CommonGround {
  readonly clock: Clock;
  readonly fleet: Fleet;
  /** The DNS. */
  readonly names: Map<string, string>;
}

export interface DataCentreOptions {
  /** Where there are several: its name, and what it shares with the others. */
  readonly site?: { readonly name: string; readonly common: CommonGround } | undefined;
  /** Folder for what outlives a process: registry contents. */
  readonly folder: string;
  /** How many seconds of simulated time pass in one. */
  readonly speed: number;
  readonly seed: string | number;
  /** IP of the bootstrap (KIND) host; see `setHostIP`. */
  readonly hostIP: string;
  /** Names that the site's DNS knows, with their addresses. */
  readonly names?: ReadonlyMap<string, string> | undefined;
  /** A real etcd that the clusters store in; each has a store in memory when absent. */
  readonly storage?: StorageOptions | undefined;
  /** Real API servers (and etcd, where no storage is named) for the clusters; the lab's own when absent. */
  readonly envtest?: EnvtestBinaries | undefined;
  readonly programs: readonly Program[];
  readonly validators: Readonly<Record<string, Validator>>;
  /** Custom resource definitions of the management cluster. */
  readonly bootstrapCrds: readonly KubeObject[];
  /** Traffic from outside came through the proxy. */
  readonly onTraffic?: (() => void) | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

/**
 * A site's data centre in one process: its network with the proxy in front, the IaaS, the bootstrap host and the clusters that
 * come to be on it.
 */
export class DataCentre {
  /** Its name where there are several. */
  readonly site: string | undefined;
  readonly network: LabNetwork;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly services = new LabServices();
  readonly iaas: Iaas;
  readonly bootstrapHost: BootstrapHost;
  readonly speed: number;
  readonly #options: DataCentreOptions;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #outer: LabProxy;
  readonly #inner: LabProxy;
  readonly #stores: ClusterStores | undefined;
  readonly #startControlPlane: StartControlPlane | undefined;
  readonly #clusters = new Map<string, SwitchableCluster>();

  private constructor(
    options: DataCentreOptions,
    parts: { network: LabNetwork; outer: LabProxy; inner: LabProxy; stores: ClusterStores | undefined },
  ) {
    const { network } = parts;
    this.#options = options;
    this.site = options.site?.name;
    this.network = network;
    this.#outer = parts.outer;
    this.#inner = parts.inner;
    this.#stores = parts.stores;
    const { envtest, folder } = options;
    const clusters = join(folder, 'clusters');
    this.#startControlPlane = envtest
      ? startEnvtestControlPlane({ binaries: envtest, folder: clusters })
      : (request) => startLabControlPlane(request, clusters);
    this.speed = options.speed;
    const common = options.site?.common;
    this.clock = common?.clock ?? scaledClock(options.speed, systemClock);
    // Two sites with the same names in them must not come to the same identities.
    this.random = new SeededRandom(this.site === undefined ? options.seed : `${String(options.seed)} ${this.site}`);
    this.#programs = new Map(options.programs.map((program) => [program.image, program]));
    for (const [name, ip] of options.names ?? []) network.setName(name, ip);
    const { clock, random } = this;
    this.iaas = new Iaas({
      clock,
      random,
      network,
      log: (line) => this.log(line),
      fleet: common?.fleet ?? new Fleet(),
      startCluster: (request) => this.startCluster(request),
    });
    this.services.provide(iaasService, this.iaas);
    this.bootstrapHost = new BootstrapHost({ surroundings: this, folder: options.folder, hostIP: options.hostIP });
    this.services.provide(bootstrapHostService, this.bootstrapHost);
    this.services.provide(localEtcdService, (cluster) => this.#clusters.get(cluster)?.etcd);
    this.services.provide(volumesService, join(options.folder, 'volumes'));
  }

  static async start(options: DataCentreOptions): Promise<DataCentre> {
    const stores = options.storage && (await ClusterStores.open(options.storage));
    const network = new LabNetwork({ ...(options.site && { names: options.site.common.names }) });
    const { onTraffic } = options;
    // Two doors to one network: only what comes from outside tells that the lab is in use.
    const [outer, inner] = await Promise.all([
      startLabProxy({ network, ...(onTraffic && { onTraffic }) }),
      startLabProxy({ network }),
    ]);
    return new DataCentre(options, { network, outer, inner, stores });
  }

  /** For users: `access.proxy`, `proxy-url`, HTTPS_PROXY. */
  get proxyUrl(): string {
    return this.#outer.url;
  }

  /** Connections that users hold open through the proxy. */
  get openConnections(): number {
    return this.#outer.openConnections;
  }

  get clusters(): ReadonlyMap<string, SwitchableCluster> {
    return this.#clusters;
  }

  /** The real etcd that the clusters store in, if there is one. */
  get storage(): { readonly endpoints: readonly string[]; readonly namespace: string } | undefined {
    return this.#stores && { endpoints: this.#stores.endpoints, namespace: this.#stores.namespace };
  }

  /** The programs of the clusters' control planes, where these are real ones. */
  get envtest(): EnvtestBinaries | undefined {
    return this.#options.envtest;
  }

  /** A cluster with the data centre's network, programs, clock and admission rules. */
  async startCluster(plan: ClusterPlan): Promise<SwitchableCluster> {
    const { network, services, clock, random } = this;
    const opened = await this.#openStorage(plan.name);
    network.keepPrivate(plan.podCIDR);
    const cluster = await startSwitchableCluster({
      ...plan,
      network,
      services,
      clock,
      random,
      programs: this.#programs,
      proxyUrl: this.#inner.url,
      validators: this.#options.validators,
      log: (line) => this.log(line),
      storage: opened?.storage,
      startControlPlane: this.#startControlPlane,
      onStopped: async () => {
        this.#clusters.delete(plan.name);
        await opened?.close();
      },
    });
    this.#clusters.set(plan.name, cluster);
    return cluster;
  }

  /** Where a cluster's keys outlive its control plane; undefined where real control planes bring an etcd of their own. */
  async #openStorage(
    cluster: string,
  ): Promise<{ readonly storage: ClusterStorage; readonly close: () => Promise<void> } | undefined> {
    if (this.#stores) {
      const storage = await this.#stores.openFor(cluster);
      const close = async (): Promise<void> => {
        await storage.store.close();
        await storage.store.clear();
      };
      return { storage, close };
    }
    if (this.#options.envtest) return undefined;
    const store = new MemoryStore();
    return { storage: { store }, close: () => store.close() };
  }

  /** The management cluster on the bootstrap host; started at the first call, the same afterwards. */
  async bootstrap(options: Omit<BootstrapOptions, 'crds'>): Promise<void> {
    await this.bootstrapHost.bootstrap({ ...options, crds: this.#options.bootstrapCrds });
  }

  log(line: string): void {
    this.#options.log?.(this.site === undefined ? line : `${this.site}: ${line}`);
  }

  async stop(): Promise<void> {
    const cleanup = new Cleanup();
    for (const part of [
      () => this.#stores?.close(),
      () => Promise.all([this.#outer.close(), this.#inner.close()]),
      () => this.bootstrapHost.stop(),
      () => this.iaas.stop(),
    ])
      cleanup.defer(part);
    try {
      await cleanup.run();
    } catch (error) {
      this.log(`while stopping: ${toGlobalctlError(error).message}`);
    }
  }
}
