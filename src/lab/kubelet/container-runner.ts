import { createHash } from 'node:crypto';
import { isGlobalctlError, toGlobalctlError } from '../../base/index.ts';
import { storeKey } from '../../kube/index.ts';
import { timestamp, type EventRecorder } from '../controllers/index.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../core-types.ts';
import type { Binding } from '../network/index.ts';
import { repositoryOf, type ProgramContext } from '../program.ts';
import { registryOf } from './image-check.ts';
import type { KubeletHost, KubeletNode } from './kubelet-host.ts';
import { expand, pullLogin, resolveEnvironment } from './pod-environment.ts';

/** Simulated times, in milliseconds. */
const START_MS = 300;
const READY_MS = 700;
const SHORT_WORK_MS = 1500;
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;

export interface ContainerRun {
  readonly host: KubeletHost;
  readonly node: KubeletNode;
  readonly pod: Pod;
  readonly container: Container;
  readonly podIP: string;
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
  /** `once`: run to its end, restarted only after a failure where the Pod says so; `service`: runs until the Pod ends. */
  readonly mode: 'once' | 'service';
  /** Told of every change of the container's status. */
  readonly onChange: (status: ContainerStatus) => void;
}

/**
 * Runs one container as its Pod asks: pulls the image, starts the program of that image (or nothing, which simply is ready),
 * restarts it with back-off. Resolves with the exit code when it will not be started again; rejects only on abort.
 */
export async function runContainer(run: ContainerRun): Promise<number> {
  const { host, pod, container, events, signal, mode } = run;
  const { clock } = host;
  let status: ContainerStatus = {
    name: container.name,
    image: container.image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
  };
  const change = (fields: Partial<ContainerStatus>): void => {
    status = { ...status, ...fields };
    run.onChange(status);
  };
  const wait = (state: ContainerState): void => change({ state, ready: false, started: false });

  for (let failures = 0; ;) {
    await pullImage(run, wait);
    const environment = await awaitEnvironment(run, wait);
    await clock.sleep(START_MS, signal);
    const startedAt = timestamp(clock);
    const id = host.random.uuid('container', pod.metadata.uid ?? '', container.name, status.restartCount);
    events.normal(pod, 'Created', `Created container: ${container.name}`);
    events.normal(pod, 'Started', `Started container ${container.name}`);
    const containerID = `containerd://${sha256(id)}`;
    change({
      imageID: `${repositoryOf(container.image)}@sha256:${sha256(container.image)}`,
      containerID,
      state: { running: { startedAt } },
      started: true,
    });
    const exitCode = await execute(run, environment, (ready) => change({ ready }));
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt,
      finishedAt: timestamp(clock),
      containerID,
    };
    change({ state: { terminated }, ready: false, started: false });
    const policy = pod.spec.restartPolicy ?? 'Always';
    const again =
      mode === 'service'
        ? policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
        : exitCode !== 0 && policy !== 'Never';
    if (!again) return exitCode;
    failures++;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
    const message = `back-off ${String(backoffMs / 1000)}s restarting failed container=${container.name} pod=${pod.metadata.name ?? ''}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
    change({ lastState: { terminated } });
    wait({ waiting: { reason: 'CrashLoopBackOff', message } });
    events.warning(
      pod,
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${pod.metadata.name ?? ''}`,
    );
    await clock.sleep(backoffMs, signal);
    change({ restartCount: status.restartCount + 1 });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function pullImage(run: ContainerRun, wait: (state: ContainerState) => void): Promise<void> {
  const { host, node, pod, container, events, signal } = run;
  const { image } = container;
  const repository = repositoryOf(image);
  for (let attempt = 0; ; attempt++) {
    // What names no registry of its own came with the machine's template.
    const present = node.images === 'all' || registryOf(image) === undefined || node.images.has(image);
    if (present && (node.images === 'all' || container.imagePullPolicy !== 'Always')) {
      events.normal(pod, 'Pulled', `Container image "${image}" already present on machine`);
      return;
    }
    events.normal(pod, 'Pulling', `Pulling image "${image}"`);
    const verdict = await host.imageAvailable(image, {
      node: node.name,
      nodeIP: node.ip,
      login: await pullLogin(host.client, pod, image),
    });
    if (verdict.ok) {
      const tookMs = host.random.integer(1500, 6000, 'pull', node.name, repository);
      await host.clock.sleep(tookMs, signal);
      node.images.add(image);
      const seconds = (tookMs / 1000).toFixed(3);
      events.normal(
        pod,
        'Pulled',
        `Successfully pulled image "${image}" in ${seconds}s (${seconds}s including waiting).`,
      );
      return;
    }
    const message = `Failed to pull image "${image}": ${verdict.message}`;
    events.warning(pod, 'Failed', message);
    events.warning(pod, 'Failed', 'Error: ErrImagePull');
    wait({ waiting: { reason: 'ErrImagePull', message: verdict.message } });
    await host.clock.sleep(2000, signal);
    events.normal(pod, 'BackOff', `Back-off pulling image "${image}"`);
    wait({
      waiting: {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${image}": ErrImagePull: ${verdict.message}`,
      },
    });
    await host.clock.sleep(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt), signal);
  }
}

async function awaitEnvironment(
  run: ContainerRun,
  wait: (state: ContainerState) => void,
): Promise<Record<string, string>> {
  const { host, node, pod, container, podIP, events, signal } = run;
  const facts = { 'status.podIP': podIP, 'status.hostIP': node.ip, 'spec.nodeName': node.name };
  for (;;) {
    const environment = await resolveEnvironment({ client: host.client, pod, container, facts });
    if ('env' in environment) return environment.env;
    events.warning(pod, 'Failed', `Error: ${environment.problem}`);
    wait({ waiting: { reason: 'CreateContainerConfigError', message: environment.problem } });
    await host.clock.sleep(FIRST_BACKOFF_MS, signal);
  }
}

/** One life of the container; resolves with its exit code. */
async function execute(
  run: ContainerRun,
  env: Record<string, string>,
  setReady: (ready: boolean) => void,
): Promise<number> {
  const { host, node, pod, container, podIP, signal, mode } = run;
  const key = storeKey(pod);
  host.logs.start(key, container.name);
  const log = (line: string): void => host.logs.append(key, container.name, line, host.clock.now());
  const program = host.programs.get(repositoryOf(container.image));
  if (!program) {
    if (mode === 'once' || pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure') {
      await host.clock.sleep(SHORT_WORK_MS, signal);
      return 0;
    }
    await host.clock.sleep(READY_MS, signal);
    setReady(true);
    await aborted(signal);
    return 0;
  }
  const bindings: Binding[] = [];
  const life = new AbortController();
  const stop = (): void => life.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const access = await host.podAccess(pod);
    const context: ProgramContext = {
      pod,
      container: {
        name: container.name,
        image: container.image,
        command: (container.command ?? []).map((word) => expand(word, env)),
        args: (container.args ?? []).map((word) => expand(word, env)),
        env,
      },
      podIP,
      nodeName: node.name,
      hostIP: node.ip,
      clusterName: host.clusterName,
      client: access.client,
      kubeconfig: access.kubeconfig,
      clock: host.clock,
      random: host.random,
      signal: life.signal,
      network: host.network,
      proxyUrl: host.proxyUrl,
      services: host.services,
      log,
      listen: (port, loopbackPort) => {
        const made = listen({ run, port, loopbackPort });
        bindings.push(...made);
        return { dispose: () => made.forEach((binding) => binding.dispose()) };
      },
      markReady: () => setReady(true),
      markNotReady: () => setReady(false),
    };
    await program.run(context);
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    const failure = toGlobalctlError(error);
    log(`fatal: ${failure.message}`);
    if (isGlobalctlError(failure, 'INTERNAL') && error instanceof Error && error.stack !== undefined) log(error.stack);
    return 1;
  } finally {
    signal.removeEventListener('abort', stop);
    life.abort('ended');
    for (const binding of bindings) binding.dispose();
  }
}

function listen({ run, port, loopbackPort }: { run: ContainerRun; port: number; loopbackPort: number }): Binding[] {
  const { host, node, pod, container, podIP } = run;
  const made = [host.network.bind({ host: podIP, port }, loopbackPort)];
  const hostPort = container.ports?.find((declared) => declared.containerPort === port)?.hostPort;
  if (hostPort !== undefined && pod.spec.hostNetwork !== true)
    made.push(host.network.bind({ host: node.ip, port: hostPort }, loopbackPort));
  return made;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
