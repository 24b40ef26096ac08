import { GlobalctlError } from '../../base/index.ts';
import type { LabClusterOptions, LabNodeOptions, SwitchableCluster } from '../cluster/index.ts';
import { caCertHash } from '../capi/kubeadm/certificates.ts';

/** What kubeadm decides about a cluster; the data centre adds its network, programs and clock. */
export type ClusterRequest = Pick<
  LabClusterOptions,
  | 'name'
  | 'kubernetesVersion'
  | 'podCIDR'
  | 'serviceCIDR'
  | 'requiresCni'
  | 'sans'
  | 'etcdSans'
  | 'apiServer'
  | 'authorities'
  | 'osImage'
>;

export type StartCluster = (request: ClusterRequest) => Promise<SwitchableCluster>;

/** A cluster that machines of the data centre form, and which of them carry its control plane. */
export interface FormedCluster {
  readonly cluster: SwitchableCluster;
  /** `sha256:...` of its authority, by which joining machines know it. */
  readonly caHash: string;
  /** Host of its control plane endpoint: the balancer's address or name. */
  readonly endpointHost: string;
  /** IP of each control plane node that runs, by node name. */
  readonly controlPlane: ReadonlyMap<string, string>;
}

interface Entry extends FormedCluster {
  readonly controlPlane: Map<string, string>;
}

/** The clusters that machines have formed, at whichever site: kubeadm init makes one, kubeadm join finds it. */
export class ClusterDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<() => void>();

  /** Called whenever a cluster is formed or the machines of one change. Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): readonly FormedCluster[] {
    return [...this.#entries.values()];
  }

  find(caHash: string): FormedCluster | undefined {
    return this.#entries.get(caHash);
  }

  /** Throws INTERNAL when a cluster with this authority exists already: two machines would both initialize it. */
  async init(request: ClusterRequest, endpointHost: string, start: StartCluster): Promise<FormedCluster> {
    const caPem = request.authorities?.cluster?.certificatePem;
    const caHash = caPem === undefined ? '' : caCertHash(caPem);
    if (this.#entries.has(caHash))
      throw new GlobalctlError('INTERNAL', {
        message: `cluster ${request.name} was initialized twice`,
        subject: request.name,
      });
    const cluster = await start(request);
    const entry: Entry = { cluster, caHash, endpointHost, controlPlane: new Map() };
    this.#entries.set(caHash, entry);
    this.#changed();
    return entry;
  }

  async addNode(formed: FormedCluster, node: LabNodeOptions): Promise<void> {
    await formed.cluster.addNode(node);
    const entry = this.#entries.get(formed.caHash);
    if (node.controlPlane === true) entry?.controlPlane.set(node.name, node.ip);
    this.#changed();
  }

  /** The machine is off or gone. A cluster whose last control plane machine goes ends with it. */
  async removeNode(caHash: string, name: string): Promise<void> {
    const entry = this.#entries.get(caHash);
    if (!entry) return;
    const last = entry.controlPlane.delete(name) && entry.controlPlane.size === 0;
    if (last) {
      this.#entries.delete(caHash);
      await entry.cluster.stop();
    } else await entry.cluster.removeNode(name);
    this.#changed();
  }

  async stop(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((e) => e.cluster.stop()));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
