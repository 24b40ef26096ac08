import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GlobalctlError, isMissing, toGlobalctlError, writeFileAtomic } from '../../base/index.ts';
import { conditionOf, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import type { LabCluster } from '../cluster/index.ts';
import type { Binding, LabNetwork } from '../network/index.ts';
import { startRegistry, type Registry } from '../registry/index.ts';
import { serviceKey } from '../services.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { applyBootstrapObjects } from './minialauda-objects.ts';

/** The bridge network that KIND nodes live in; its gateway is the bootstrap host itself. */
const KIND_GATEWAY = '172.18.0.1';
const KIND_NODE = '172.18.0.2';
/** What only the host itself reaches: its loopback addresses and the bridge network. Every bootstrap host has the same. */
const HOST_NETWORKS = ['127.0.0.0/8', '172.18.0.0/16'];
const REGISTRY_PORT = 11443;
const READY_LIMIT_MS = 60_000;

/** What the host needs of the data centre that it stands in. */
export interface Surroundings {
  readonly network: LabNetwork;
  readonly proxyUrl: string;
  startCluster(plan: ClusterPlan): Promise<LabCluster>;
  log(line: string): void;
}

export interface BootstrapOptions {
  /** The bootstrap host's root folder: kubeconfig and installer log go below `<root>/var/cpaas/data`. */
  readonly root: string;
  /** Changes the bootstrap host's IP before it is first used. */
  readonly hostIP?: string | undefined;
  /** Login of the embedded registry; anonymous when absent. */
  readonly registryLogin?: { readonly username: string; readonly password: string } | undefined;
  readonly kubernetesVersion?: string | undefined;
  /** The installer serves TLS and wants a token, in place of the guide's plain HTTP. */
  readonly installerTls?: boolean | undefined;
  /** Custom resource definitions that the management cluster carries from the beginning. */
  readonly crds: readonly KubeObject[];
}

/**
 * The bootstrap (KIND) host: the management cluster `minialauda` on it and the embedded registry, at the addresses that the
 * guide gives them. Asked twice, or by two at once, it boots once.
 */
export class BootstrapHost {
  readonly #surroundings: Surroundings;
  readonly #folder: string;
  readonly #bindings: Binding[] = [];
  #hostIP: string;
  #cluster: LabCluster | undefined;
  #registry: Registry | undefined;
  #booting: Promise<LabCluster> | undefined;
  #root: string | undefined;
  #login: BootstrapOptions['registryLogin'];

  constructor(options: { surroundings: Surroundings; folder: string; hostIP: string }) {
    this.#surroundings = options.surroundings;
    this.#folder = options.folder;
    this.#hostIP = options.hostIP;
    for (const network of HOST_NETWORKS) options.surroundings.network.keepPrivate(network);
  }

  get hostIP(): string {
    return this.#hostIP;
  }

  /** The management cluster, once it has been asked for and stands. */
  get cluster(): LabCluster | undefined {
    return this.#cluster;
  }

  /** Root folder of the host's files; undefined before the first bootstrap. */
  get root(): string | undefined {
    return this.#root;
  }

  get installerLog(): string {
    return join(this.#root ?? this.#folder, 'var/cpaas/data/installer.log');
  }

  get registryLogin(): BootstrapOptions['registryLogin'] {
    return this.#login;
  }

  /** Where the embedded registry answers in the data centre. */
  get registryAddresses(): string[] {
    return ['127.0.0.1', KIND_GATEWAY, this.#hostIP].map((host) => `${host}:${String(REGISTRY_PORT)}`);
  }

  /** Boots the host if need be, waits until everything on it is ready, and writes the kubeconfig below `root`. */
  async bootstrap(options: BootstrapOptions): Promise<void> {
    const root = resolve(options.root);
    this.#booting ??= this.#boot({ ...options, root }).catch(async (error: unknown) => {
      this.#booting = undefined;
      await this.stop();
      throw error;
    });
    const cluster = await this.#booting;
    await this.#awaitReady(cluster);
    const server = `https://${this.#hostIP}:6443`;
    const kubeconfig = cluster.kubeconfig({ server, proxyUrl: this.#surroundings.proxyUrl });
    await this.#writeHostFiles(root, kubeconfig);
  }

  /** Ends what runs on the host, as removing KIND's container does; the next bootstrap starts anew. */
  async retire(): Promise<void> {
    await this.#booting?.catch(() => undefined);
    this.#booting = undefined;
    await this.stop();
  }

  async stop(): Promise<void> {
    for (const binding of this.#bindings.splice(0)) binding.dispose();
    const [cluster, registry] = [this.#cluster, this.#registry];
    this.#cluster = undefined;
    this.#registry = undefined;
    await Promise.all([cluster?.stop(), registry?.close()]);
  }

  async #boot(options: BootstrapOptions): Promise<LabCluster> {
    const { network, log } = {
      network: this.#surroundings.network,
      log: (line: string) => this.#surroundings.log(line),
    };
    this.#hostIP = options.hostIP ?? this.#hostIP;
    this.#root = options.root;
    this.#login = options.registryLogin;
    log(`bootstrap host ${this.#hostIP}: starting minialauda`);
    const [registry, cluster] = await Promise.all([
      startRegistry({ folder: join(this.#folder, 'registry'), login: options.registryLogin }),
      this.#surroundings.startCluster({
        name: 'minialauda',
        kubernetesVersion: options.kubernetesVersion ?? 'v1.33.7',
        podCIDR: '10.244.0.0/16',
        serviceCIDR: '10.96.0.0/16',
        requiresCni: false,
        apiAddresses: [{ host: this.#hostIP, port: 6443 }],
        sans: ['minialauda-control-plane', KIND_NODE],
        osImage: 'Debian GNU/Linux 12 (bookworm)',
      }),
    ]);
    this.#registry = registry;
    this.#cluster = cluster;
    for (const host of new Set(['127.0.0.1', KIND_GATEWAY, this.#hostIP]))
      this.#bindings.push(network.bind({ host, port: REGISTRY_PORT }, registry.port));
    await cluster.addNode({ name: 'minialauda-control-plane', ip: KIND_NODE, controlPlane: true, taints: [] });
    await applyBootstrapObjects(cluster.adminClient, {
      crds: options.crds,
      kubernetesVersion: options.kubernetesVersion ?? 'v1.33.7',
      registryLogin: options.registryLogin,
      registryAddresses: this.registryAddresses,
      installerTls: options.installerTls ?? false,
    });
    return cluster;
  }

  async #awaitReady(cluster: LabCluster): Promise<void> {
    try {
      await watchUntil(
        cluster.adminClient,
        resources.deployments,
        { signal: AbortSignal.timeout(READY_LIMIT_MS) },
        (deployments) =>
          [...deployments.values()].every((deployment) => conditionOf(deployment, 'Available')?.status === 'True')
            ? true
            : undefined,
      );
    } catch (error) {
      const { items } = await cluster.adminClient.list(resources.deployments);
      const waiting = items
        .filter((d) => conditionOf(d, 'Available')?.status !== 'True')
        .map((d) => d.metadata.name ?? '');
      throw new GlobalctlError('LAB_START_FAILED', {
        message: `minialauda is not ready: ${waiting.join(', ') || toGlobalctlError(error).message}`,
        subject: 'minialauda',
        cause: error,
      });
    }
  }

  async #writeHostFiles(root: string, kubeconfig: string): Promise<void> {
    const data = join(root, 'var/cpaas/data');
    await writeFileAtomic(join(data, 'alauda.kubeconfig'), kubeconfig, 0o600);
    // One host writes one log; a second root that is asked for sees the same file.
    if (this.#root !== undefined && root !== this.#root) await linkTo(this.installerLog, join(data, 'installer.log'));
    else await mkdir(dirname(this.installerLog), { recursive: true });
  }
}

async function linkTo(target: string, path: string): Promise<void> {
  try {
    await readFile(target);
  } catch (error) {
    if (isMissing(error)) await writeFileAtomic(target, '');
    else throw error;
  }
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Under this key programs find the host that they run on: the installer writes its log there. */
export const bootstrapHostService = serviceKey<BootstrapHost>('bootstrap-host');
