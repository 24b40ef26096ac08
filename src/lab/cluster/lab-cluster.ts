import type { Clock, SeededRandom } from '../../base/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { Validator } from '../apiserver/index.ts';
import type { ApiServerSettings, ClusterStorage, EtcdAccess, StartControlPlane } from '../control-plane/index.ts';
import type { Taint } from '../core-types.ts';
import type { ImageCheck } from '../kubelet/index.ts';
import type { LabAddress, LabNetwork } from '../network/index.ts';
import type { KeyPair } from '../pki/index.ts';
import type { Program } from '../program.ts';
import type { LabServices } from '../services.ts';

/** The authorities of a cluster, as kubeadm has them in `<cluster>-ca`, `-etcd` and `-sa`; made anew where absent. */
export interface ClusterAuthorities {
  readonly cluster?: KeyPair | undefined;
  readonly etcd?: KeyPair | undefined;
  /** PKCS #8 PEM of the key that signs service account tokens. */
  readonly serviceAccountKeyPem?: string | undefined;
}

export interface LabClusterOptions {
  readonly name: string;
  readonly network: LabNetwork;
  readonly services: LabServices;
  readonly programs: ReadonlyMap<string, Program>;
  /** URL of the lab's proxy. */
  readonly proxyUrl: string;
  /** Simulated time. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** `v1.33.7`: what /version and the kubelets say. */
  readonly kubernetesVersion: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** Nodes become ready only with a Pod labelled app=kube-ovn-cni on them. */
  readonly requiresCni: boolean;
  /** Where the API server answers from the beginning; control plane nodes add their own. */
  readonly apiAddresses?: readonly LabAddress[] | undefined;
  /** Further names and addresses of the API server's certificate; 127.0.0.1, the API addresses and in-cluster names are always in it. */
  readonly sans?: readonly string[] | undefined;
  /** Further names and addresses of etcd's server certificate (`etcd.local.serverCertSANs`). */
  readonly etcdSans?: readonly string[] | undefined;
  readonly authorities?: ClusterAuthorities | undefined;
  /** What kubeadm was told about the API server. */
  readonly apiServer?: ApiServerSettings | undefined;
  /** Where the cluster's keys are kept; the control plane's own business when absent. */
  readonly storage?: ClusterStorage | undefined;
  /** The lab's own API server and etcd when absent. */
  readonly startControlPlane?: StartControlPlane | undefined;
  /** Simulated admission webhooks by qualified resource. */
  readonly validators?: Readonly<Record<string, Validator>> | undefined;
  /** Whether nodes can pull an image; asks the registries of the data centre when absent. */
  readonly imageAvailable?: ImageCheck | undefined;
  /** Operating system in Node objects. */
  readonly osImage?: string | undefined;
  /** Called when the cluster has been stopped; the stop waits for it. */
  readonly onStopped?: (() => void | Promise<void>) | undefined;
  /** Lines about what went wrong inside; never shown to users by itself. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface LabNodeOptions {
  readonly name: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly Taint[] | undefined;
  readonly providerID?: string | undefined;
  /** A control plane node: its static Pods run, its IP answers at 6443 (API server) and 2379 (etcd). */
  readonly controlPlane?: boolean | undefined;
  /** Image references that are on the machine, or `all`. Absent: none but those without a registry of their own. */
  readonly images?: readonly string[] | 'all' | undefined;
  readonly cpus?: number | undefined;
  readonly memoryGiB?: number | undefined;
}

/** A cluster of the lab: etcd, API server, controllers, kubelets. */
export interface LabCluster {
  readonly name: string;
  /** `https://host:port` of the first API address, else of loopback. */
  readonly server: string;
  /** Loopback port of the API server. */
  readonly loopbackPort: number;
  readonly caPem: string;
  readonly etcd: EtcdAccess;
  /** `gitVersion` of the API server. */
  readonly version: string;
  /** Why a server of its control plane ended by itself; undefined as long as all run. */
  failure(): string | undefined;
  /** system:masters, straight to loopback. */
  readonly adminClient: KubeClient;
  /** Admin kubeconfig for `server` (default: the cluster's), through `proxyUrl` when given. */
  kubeconfig(options?: { readonly server?: string; readonly proxyUrl?: string | undefined }): string;
  addNode(node: LabNodeOptions): Promise<void>;
  /** The machine is gone: Pods and Node object go with it, its addresses no longer answer. */
  removeNode(name: string): Promise<void>;
  /** Names of the machines that run. */
  readonly nodeNames: readonly string[];
  stop(): Promise<void>;
}

/** A cluster whose machines can be switched off, all at once, and on again. */
export interface SwitchableCluster extends LabCluster {
  readonly isOn: boolean;
  /** Throws LAB_CONTROL_PLANE for a cluster that would not come back. */
  powerOff(): Promise<void>;
  /** Resolves when the API server answers again and every machine has its kubelet. */
  powerOn(): Promise<void>;
}
