import type { Clock, SeededRandom } from '../../base/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { EventRecorder } from '../controllers/index.ts';
import type { Pod } from '../core-types.ts';
import type { LabNetwork } from '../network/index.ts';
import type { Program } from '../program.ts';
import type { LabServices } from '../services.ts';
import type { IpPool } from './ip-pool.ts';
import type { PodLogStore } from './pod-logs.ts';

/**
 * Whether a node can pull an image: the registry's answer in the kubelet's words when it cannot. `login` is what the Pod's
 * pull secrets hold for the image's registry: base64 of `user:password`.
 */
export type ImageCheck = (
  reference: string,
  puller: { readonly node: string; readonly nodeIP: string; readonly login: string | undefined },
) => Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;

/** A client with a Pod's own credentials, and the kubeconfig it was made from. */
export interface PodAccess {
  readonly client: KubeClient;
  readonly kubeconfig: string;
}

/** What the kubelets of one cluster share. */
export interface KubeletHost {
  readonly clusterName: string;
  /** With a kubelet's rights. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly network: LabNetwork;
  readonly proxyUrl: string;
  readonly services: LabServices;
  /** By repository path. */
  readonly programs: ReadonlyMap<string, Program>;
  readonly imageAvailable: ImageCheck;
  readonly podAccess: (pod: Pod) => Promise<PodAccess>;
  readonly podIPs: IpPool;
  readonly logs: PodLogStore;
  readonly eventsFor: (nodeName: string) => EventRecorder;
}

/** One machine with a kubelet. */
export interface KubeletNode {
  readonly name: string;
  readonly ip: string;
  /** Images that are on the machine already; repository paths. `all` when it came with everything (a KIND node image). */
  readonly images: Set<string> | 'all';
  /** Resolves when the container network works. */
  readonly networkReady: Promise<void>;
  /** Whether it works already. */
  isNetworkReady(): boolean;
}
