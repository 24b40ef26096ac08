import type { Clock, SeededRandom } from '../../base/index.ts';
import type { LabNetwork } from '../network/index.ts';
import type { ClusterDirectory, StartCluster } from './cluster-directory.ts';

/** A mounted disk of a machine. */
export interface GuestMount {
  readonly path: string;
  /** Holds data of an earlier machine. */
  readonly stale: boolean;
}

/** What the machine and its provider give to the guest, beside the user data. */
export interface GuestHardware {
  readonly hostname: string;
  /** The first is the node's. */
  readonly addresses: readonly string[];
  readonly mounts: readonly GuestMount[];
  /** Files that the image carries or the provider puts there. */
  readonly imageFiles: readonly string[];
  /** Kubernetes of the image. */
  readonly kubernetesVersion: string;
  readonly osImage: string;
  /** Set by the provider without the kubelet's arguments saying so. */
  readonly providerID?: string | undefined;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Image references in the template; the rest is pulled. */
  readonly images: readonly string[] | 'all';
}

export interface GuestEnvironment {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly network: LabNetwork;
  readonly clusters: ClusterDirectory;
  /** Brings up the cluster that `kubeadm init` forms, at the site of the machine. */
  readonly startCluster: StartCluster;
  /** Aborts when the machine is switched off. */
  readonly signal: AbortSignal;
  /** A line on the machine's console. */
  readonly console: (line: string) => void;
}

/** The node that a machine became. */
export interface GuestNode {
  readonly caHash: string;
  readonly nodeName: string;
}
