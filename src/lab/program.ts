import type { Clock, SeededRandom } from '../base/index.ts';
import type { KubeClient, KubeObject } from '../kube/index.ts';
import type { Binding, LabNetwork } from './network/index.ts';
import type { LabServices } from './services.ts';

/** The container that a program runs as, with its environment already resolved. */
export interface ProgramContainer {
  readonly name: string;
  /** The image reference as the Pod states it. */
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** `env` of the container; `valueFrom` of Secrets, ConfigMaps and Pod fields is resolved. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a program is given by the kubelet simulator: what a process inside a container could see. */
export interface ProgramContext {
  readonly pod: KubeObject;
  readonly container: ProgramContainer;
  readonly podIP: string;
  readonly nodeName: string;
  /** The node's own IP. */
  readonly hostIP: string;
  /** Name of the cluster that the Pod runs in: `minialauda`, `global`. */
  readonly clusterName: string;
  /** A client of the cluster that the Pod runs in, with the credentials of the Pod's ServiceAccount. */
  readonly client: KubeClient;
  /** The same access as a kubeconfig, for programs that hand it on (Helm); names the lab's proxy. */
  readonly kubeconfig: string;
  /** Simulated time: sleeps are scaled by the lab's speed. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Aborts when the Pod is deleted or its node goes away; `run` must end soon after. */
  readonly signal: AbortSignal;
  readonly network: LabNetwork;
  /** Address of the lab's proxy, for clients that dial data centre addresses. */
  readonly proxyUrl: string;
  /** Services of the data centre (the IaaS, the load balancer ...), by typed key. */
  readonly services: LabServices;
  /** A line of the container's log (`kubectl logs`). */
  log(line: string): void;
  /** Makes a loopback listener reachable at podIP:port, and at hostIP:hostPort where the Pod asks for it. */
  listen(port: number, loopbackPort: number): Binding;
  /** The readiness probe succeeds from now on. A program that never calls it stays not ready. */
  markReady(): void;
  markNotReady(): void;
}

/**
 * A container image that the lab can run. Images without a program simply become ready and stay so.
 * `run` lasts as long as the container: it returns when `signal` aborts. Returning earlier ends the container with exit code 0
 * (a Job's way); throwing ends it with exit code 1 and the error in its log, and it is restarted with back-off.
 */
export interface Program {
  /** Repository path without registry and tag, e.g. `ait/cluster-api-provider-dcs`. */
  readonly image: string;
  run(context: ProgramContext): Promise<void>;
}

/** The repository path of an image reference: `127.0.0.1:11443/ait/x:v1@sha256:...` gives `ait/x`. */
export function repositoryOf(reference: string): string {
  const [name = ''] = reference.split('@');
  const parts = name.split('/');
  const [first = ''] = parts;
  const hasRegistry = parts.length > 1 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const path = (hasRegistry ? parts.slice(1) : parts).join('/');
  return path.replace(/:[^/:]*$/, '');
}
