import { toGlobalctlError } from '../../base/index.ts';
import { isKubeReason, resources, storeKey, type Condition } from '../../kube/index.ts';
import { sameJson, timestamp, withCondition, type EventRecorder } from '../controllers/index.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../core-types.ts';
import { runContainer } from './container-runner.ts';
import type { KubeletHost, KubeletNode } from './kubelet-host.ts';
import { missingVolumeSource } from './pod-environment.ts';

const RETRY_MS = 2000;

/** One Pod on one node, from its assignment to its end. Its status is written as it changes, latest state only. */
export class PodWorker {
  readonly uid: string;
  readonly #host: KubeletHost;
  readonly #node: KubeletNode;
  readonly #pod: Pod;
  readonly #events: EventRecorder;
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  readonly #init = new Map<string, ContainerStatus>();
  readonly #containers = new Map<string, ContainerStatus>();
  #status: PodStatus;
  #written: PodStatus | undefined;
  #writing: Promise<void> | undefined;
  #finished = false;
  #stopping: Promise<void> | undefined;

  constructor(host: KubeletHost, node: KubeletNode, pod: Pod) {
    this.#host = host;
    this.#node = node;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.#events = host.eventsFor(node.name);
    this.#status = { ...pod.status, phase: 'Pending', startTime: timestamp(host.clock) };
    this.#ended = this.#run().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#events.warning(pod, 'FailedSync', toGlobalctlError(error).message);
    });
  }

  /** Graceful end: programs are asked to stop, waited for within the grace period, then the Pod object goes. */
  async terminate(gracePeriodSeconds: number): Promise<void> {
    this.#stopping ??= this.#terminate(gracePeriodSeconds);
    await this.#stopping;
  }

  /** The Pod object is gone already, or the machine is: everything ends at once. */
  kill(): void {
    this.#abort.abort('killed');
    this.#release();
  }

  async #terminate(gracePeriodSeconds: number): Promise<void> {
    const { client, clock } = this.#host;
    for (const [name, status] of this.#containers)
      if (status.state.running) this.#events.normal(this.#pod, 'Killing', `Stopping container ${name}`);
    this.#abort.abort('deleted');
    const enough = new AbortController();
    await Promise.race([this.#ended, clock.sleep(gracePeriodSeconds * 1000, enough.signal).catch(() => undefined)]);
    enough.abort();
    this.#release();
    await this.#writing;
    const { name = '', namespace } = this.#pod.metadata;
    try {
      await client.delete(resources.pods, { name, namespace }, { gracePeriodSeconds: 0, uid: this.uid });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  #release(): void {
    const { podIP } = this.#status;
    if (podIP !== undefined && this.#pod.spec.hostNetwork !== true && !this.#finished) this.#host.podIPs.release(podIP);
    this.#finished = true;
    this.#host.logs.remove(storeKey(this.#pod));
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { spec } = this.#pod;
    const podIP = await this.#prepare();
    for (const container of spec.initContainers ?? [])
      this.#init.set(container.name, initialStatus(container, 'PodInitializing'));
    for (const container of spec.containers)
      this.#containers.set(container.name, initialStatus(container, 'ContainerCreating'));
    this.#set({ podIP, podIPs: [{ ip: podIP }], hostIP: this.#node.ip, hostIPs: [{ ip: this.#node.ip }] });
    const shared = { host: this.#host, node: this.#node, pod: this.#pod, podIP, events: this.#events, signal };
    for (const container of spec.initContainers ?? []) {
      const exitCode = await runContainer({
        ...shared,
        container,
        mode: 'once',
        onChange: (status) => {
          this.#init.set(container.name, { ...status, ready: status.state.terminated?.exitCode === 0 });
          this.#refresh();
        },
      });
      if (exitCode !== 0) return this.#set({ phase: 'Failed' });
    }
    const exitCodes = await Promise.all(
      spec.containers.map((container) =>
        runContainer({
          ...shared,
          container,
          mode: 'service',
          onChange: (status) => {
            this.#containers.set(container.name, status);
            this.#refresh();
          },
        }),
      ),
    );
    if (signal.aborted) return;
    this.#set({ phase: exitCodes.every((code) => code === 0) ? 'Succeeded' : 'Failed' });
    await this.#writing;
  }

  /** Volumes and network; resolves with the Pod's IP. */
  async #prepare(): Promise<string> {
    const { client, clock, podIPs } = this.#host;
    const { signal } = this.#abort;
    const creating = this.#pod.spec.containers.map((container) => initialStatus(container, 'ContainerCreating'));
    for (const status of creating) this.#containers.set(status.name, status);
    for (;;) {
      const missing = await missingVolumeSource(client, this.#pod);
      if (missing === undefined) break;
      this.#events.warning(this.#pod, 'FailedMount', missing);
      this.#set({ hostIP: this.#node.ip });
      await clock.sleep(RETRY_MS, signal);
    }
    if (this.#pod.spec.hostNetwork === true) return this.#node.ip;
    if (!this.#node.isNetworkReady()) {
      this.#events.warning(
        this.#pod,
        'NetworkNotReady',
        'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      );
      this.#set({ hostIP: this.#node.ip });
      await Promise.race([
        this.#node.networkReady,
        new Promise<never>((_, reject) => {
          const cancel = (): void => reject(toGlobalctlError(new DOMException('Pod deleted', 'AbortError')));
          if (signal.aborted) cancel();
          signal.addEventListener('abort', cancel, { once: true });
        }),
      ]);
    }
    return podIPs.take();
  }

  /** Phase and conditions from the containers' states. */
  #refresh(): void {
    const containers = [...this.#containers.values()];
    const running = containers.some(
      (status) => status.state.running ?? status.lastState.terminated ?? status.state.terminated,
    );
    if (this.#status.phase !== 'Succeeded' && this.#status.phase !== 'Failed')
      this.#set({ phase: running ? 'Running' : 'Pending' });
  }

  #set(fields: Partial<PodStatus>): void {
    const now = timestamp(this.#host.clock);
    const init = [...this.#init.values()];
    const containers = [...this.#containers.values()];
    const merged: PodStatus = { ...this.#status, ...fields };
    const over = merged.phase === 'Succeeded' || merged.phase === 'Failed';
    const initialized = init.every((status) => status.state.terminated?.exitCode === 0);
    const unready = containers.filter((status) => !status.ready).map((status) => status.name);
    const readiness: Partial<Condition> = over
      ? { status: 'False', reason: merged.phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
      : unready.length > 0
        ? {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unready.join(' ')}]`,
          }
        : { status: 'True' };
    const wanted: Condition[] = [
      { type: 'PodReadyToStartContainers', status: merged.podIP === undefined ? 'False' : 'True' },
      initialized
        ? { type: 'Initialized', status: 'True' }
        : { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized' },
      { status: 'False', ...readiness, type: 'Ready' },
      { status: 'False', ...readiness, type: 'ContainersReady' },
      { type: 'PodScheduled', status: 'True' },
    ];
    let conditions = merged.conditions ?? [];
    for (const condition of wanted) conditions = withCondition(conditions, condition, now);
    this.#status = {
      ...merged,
      conditions: inKubeletOrder(conditions, wanted),
      ...(init.length > 0 && { initContainerStatuses: init }),
      containerStatuses: containers,
    };
    this.#write();
  }

  #write(): void {
    this.#writing ??= (async () => {
      // One turn of the event loop gathers what changes together.
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (!this.#finished && !sameJson(this.#status, this.#written)) {
        const status = this.#status;
        const { name = '', namespace } = this.#pod.metadata;
        try {
          await this.#host.client.patch(
            resources.pods,
            { name, namespace },
            { type: 'merge', body: { metadata: { uid: this.uid }, status }, subresource: 'status' },
          );
          this.#written = status;
        } catch (error) {
          // Another Pod of this name, or none: there is nobody to tell.
          if (isKubeReason(error, 'NotFound', 'Conflict', 'Invalid')) break;
          await this.#host.clock.sleep(RETRY_MS);
        }
      }
      this.#writing = undefined;
    })();
  }
}

/** The kubelet's own conditions first, in its order; the scheduler's was there before it. */
function inKubeletOrder(conditions: readonly Condition[], own: readonly Condition[]): Condition[] {
  const rank = new Map(own.map(({ type }, index) => [type, index]));
  return [...conditions].sort((a, b) => (rank.get(a.type) ?? own.length) - (rank.get(b.type) ?? own.length));
}

function initialStatus(container: Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    image: container.image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason } },
    lastState: {},
  };
}
