import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock, type Clock } from '../../base/index.ts';
import {
  PLATFORM_NAMESPACE,
  resources,
  runController,
  runWithLease,
  type KubeClient,
  type LeaseEvent,
} from '../../kube/index.ts';
import { createHelm, type Helm } from '../helm/index.ts';
import { OPERATOR_NAME, type OperatorContext } from './context.ts';
import { Reconciler, type SyncSchedule } from './reconciler.ts';

export interface AppReleaseOperatorOptions {
  readonly client: KubeClient;
  /** Access for Helm to the same cluster. */
  readonly kubeconfigText: string;
  /** How registries are reached; address and login come from each AppRelease. */
  readonly registry?: OperatorContext['registry'] | undefined;
  readonly helm?: Helm | undefined;
  /** Times the back-off. */
  readonly clock?: Clock | undefined;
  /**
   * Times `interval-sync` and the Lease. The system's by default, also where `clock` runs faster: looking after a release costs
   * the same whatever a lab's clock says.
   */
  readonly syncClock?: Clock | undefined;
  /** Between two looks at a release with `interval-sync`. Default 5 minutes. */
  readonly syncIntervalMs?: number | undefined;
  /**
   * The Lease by which one of several operators works, the others wait. `identity` is the Pod's name where there is one; a made-up
   * one by default. Durations as in runWithLease.
   */
  readonly lease?: LeaseSettings | undefined;
  readonly signal: AbortSignal;
  readonly log?: ((line: string) => void) | undefined;
  /** The operator is at work, or waits for another one to end: either way all is well with this process. */
  readonly onReady?: (() => void) | undefined;
}

export interface LeaseSettings {
  readonly namespace?: string | undefined;
  readonly identity?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly renewDeadlineMs?: number | undefined;
  readonly retryMs?: number | undefined;
}

const DEFAULT_SYNC_MS = 5 * 60_000;

/**
 * The operator of `operator.alauda.io/v1alpha1` AppRelease: resolves each chart in its registry, applies its CRDs, installs or
 * upgrades it with Helm and reports in the status. Of several such processes one works at a time. Runs until the signal
 * aborts; a Helm that is under way then, or when the Lease is lost, is ended.
 */
export async function startAppReleaseOperator(options: AppReleaseOperatorOptions): Promise<void> {
  const { client, signal, lease = {}, clock = systemClock, syncClock = systemClock } = options;
  const log = options.log ?? (() => undefined);
  let unsaid = options.onReady;
  const ready = (): void => {
    unsaid?.();
    unsaid = undefined;
  };
  const context = {
    client,
    helm: options.helm ?? createHelm({ kubeconfigText: options.kubeconfigText }),
    registry: options.registry ?? {},
    clock,
    log,
  };
  const sync = { clock: syncClock, intervalMs: options.syncIntervalMs ?? DEFAULT_SYNC_MS };
  await runWithLease(
    {
      ...lease,
      client,
      lease: { namespace: lease.namespace ?? PLATFORM_NAMESPACE, name: OPERATOR_NAME },
      identity: lease.identity ?? `${hostname()}-${String(process.pid)}-${randomBytes(4).toString('hex')}`,
      signal,
      clock: syncClock,
      onEvent: (event) => {
        log(`Lease ${OPERATOR_NAME}: ${describeEvent(event)}`);
        if (event.type === 'waiting') ready();
      },
    },
    (term) => work({ ...context, signal: term.signal }, sync, ready),
  );
}

/** One term at work. */
function work(context: OperatorContext, sync: SyncSchedule, onReady: () => void): Promise<void> {
  let enqueue: (key: string) => void = () => undefined;
  const reconciler = new Reconciler(context, sync, (key) => enqueue(key));
  return runController({
    name: OPERATOR_NAME,
    client: context.client,
    watches: [
      { resource: resources.appReleases, mapToKeys: (object) => reconciler.onRelease(object) },
      {
        resource: resources.secrets,
        // Not the records of Helm, which are large and many.
        fieldSelector: 'type=kubernetes.io/dockerconfigjson',
        mapToKeys: (secret) => reconciler.onPullSecret(secret),
      },
    ],
    reconcile: (key, stores) => reconciler.reconcile(key, stores),
    signal: context.signal,
    clock: context.clock,
    // Each runs a Helm of its own, which is the memory and the processor time of it all.
    concurrency: 2,
    onStart: (add) => {
      enqueue = add;
    },
    onSynced: onReady,
    onError: (key, error) => context.log(`${key}: ${error.message}`),
  });
}

function describeEvent(event: LeaseEvent): string {
  switch (event.type) {
    case 'waiting':
      return `${event.holder} is at work; waiting`;
    case 'lost':
      return `lost: ${event.reason}`;
    case 'trouble':
      return event.error.message;
    case 'acquired':
    case 'released':
      return event.type;
  }
}
