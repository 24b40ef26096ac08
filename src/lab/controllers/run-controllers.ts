import { systemClock, type Clock, type GlobalctlError, type SeededRandom } from '../../base/index.ts';
import {
  isKubeReason,
  qualifiedName,
  runController,
  storeKey,
  type KubeClient,
  type Resource,
  type WatchedResource,
} from '../../kube/index.ts';
import { clusterRoleAggregationReconciler } from './cluster-role-aggregation.ts';
import { cronJobReconciler } from './cron-job.ts';
import { daemonSetReconciler } from './daemon-set.ts';
import { deploymentReconciler } from './deployment.ts';
import { EventRecorder } from './event-recorder.ts';
import { runGarbageCollector } from './garbage-collector.ts';
import { jobReconciler } from './job.ts';
import { disruptionReconciler } from './disruption-budget.ts';
import { namespaceReconciler } from './namespace.ts';
import { nodeLifecycleReconciler } from './node-lifecycle.ts';
import { volumesReconciler } from './persistent-volumes.ts';
import type { ControllerContext, Reconciler } from './reconciler.ts';
import { replicaSetReconciler } from './replica-set.ts';
import { schedulerReconciler } from './scheduler.ts';
import { endpointsReconciler } from './service-endpoints.ts';
import { statefulSetReconciler } from './stateful-set.ts';

export interface KubernetesControllersOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly signal: AbortSignal;
  /** CA of the API server, for kube-root-ca.crt. */
  readonly caPem: string;
  readonly onError?: (key: string, error: GlobalctlError) => void;
  /** All informers hold their first list. */
  readonly onSynced?: () => void;
  /** Beside the usual ones, each with the name that its events come from. */
  readonly further?: Readonly<Record<string, Reconciler>> | undefined;
}

/**
 * What kube-controller-manager and kube-scheduler do, as an ordinary client: runs until the signal aborts. All controllers but
 * the garbage collector share one set of informers and one work queue.
 */
export async function runKubernetesControllers(options: KubernetesControllersOptions): Promise<void> {
  const { client, clock, random, signal, caPem, onError, onSynced } = options;
  const recorder = (component: string): EventRecorder => new EventRecorder({ client, component, clock });
  const base = { client, clock, random, signal };
  const reconcilers: [Reconciler, SharedContext][] = [
    [deploymentReconciler(), { ...base, events: recorder('deployment-controller') }],
    [replicaSetReconciler(), { ...base, events: recorder('replicaset-controller') }],
    [daemonSetReconciler(), { ...base, events: recorder('daemonset-controller') }],
    [statefulSetReconciler(), { ...base, events: recorder('statefulset-controller') }],
    [jobReconciler(), { ...base, events: recorder('job-controller') }],
    [cronJobReconciler(), { ...base, events: recorder('cronjob-controller') }],
    [disruptionReconciler(), { ...base, events: recorder('controllermanager') }],
    [nodeLifecycleReconciler(), { ...base, events: recorder('taint-eviction-controller') }],
    [schedulerReconciler(), { ...base, events: recorder('default-scheduler') }],
    [volumesReconciler(), { ...base, events: recorder('persistentvolume-controller') }],
    [endpointsReconciler(), { ...base, events: recorder('endpoint-controller') }],
    [clusterRoleAggregationReconciler(), { ...base, events: recorder('clusterrole-aggregation-controller') }],
    [namespaceReconciler({ caPem }), { ...base, events: recorder('namespace-controller') }],
    ...Object.entries(options.further ?? {}).map(([name, reconciler]): [Reconciler, SharedContext] => [
      reconciler,
      { ...base, events: recorder(name) },
    ]),
  ];
  await Promise.all([
    runReconcilers({ client, clock, signal, reconcilers, onError, onSynced }),
    runGarbageCollector({ client, clock, signal, onError }),
  ]);
}

/** A context before its reconciler has a place in the queue. */
type SharedContext = Omit<ControllerContext, 'askAgain'>;

/** The longest time that a timer of the platform is asked for; what is due later is asked again. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** Runs several reconcilers over one informer for each kind. A key in the queue is `<kind's index>|<namespace/name>`. */
async function runReconcilers(options: {
  client: KubeClient;
  clock: Clock;
  signal: AbortSignal;
  reconcilers: readonly [Reconciler, SharedContext][];
  onError?: ((key: string, error: GlobalctlError) => void) | undefined;
  onSynced?: (() => void) | undefined;
}): Promise<void> {
  const { client, clock, signal, reconcilers, onError, onSynced } = options;
  const merged = new Map<string, WatchedResource>();
  const add = (watch: WatchedResource): void => {
    const id = `${qualifiedName(watch.resource)}?${watch.fieldSelector ?? ''}`;
    const before = merged.get(id)?.mapToKeys;
    merged.set(id, {
      ...watch,
      mapToKeys: (object, old) => [...(before?.(object, old) ?? []), ...(watch.mapToKeys?.(object, old) ?? [])],
    });
  };
  reconcilers.forEach(([reconciler], index) => {
    const prefixed = (keys: readonly string[]): string[] => keys.map((key) => `${String(index)}|${key}`);
    add({ resource: reconciler.resource, mapToKeys: (object) => prefixed([storeKey(object)]) });
    for (const watch of reconciler.watches)
      add({ ...watch, mapToKeys: (object, old) => prefixed(watch.mapToKeys?.(object, old) ?? [storeKey(object)]) });
  });
  let enqueue: (key: string) => void = () => undefined;
  const timers = new Map<string, AbortController>();
  const askAgain = (key: string, realMs: number): void => {
    timers.get(key)?.abort();
    const timer = new AbortController();
    timers.set(key, timer);
    systemClock.sleep(Math.min(realMs, LONGEST_WAIT_MS), AbortSignal.any([signal, timer.signal])).then(
      () => {
        if (timers.get(key) === timer) timers.delete(key);
        enqueue(key);
      },
      () => undefined,
    );
  };
  const contexts = reconcilers.map(([, context], index) => ({
    ...context,
    askAgain: (key: string, realMs: number) => askAgain(`${String(index)}|${key}`, realMs),
  }));
  await runController({
    name: 'kube-controller-manager',
    client,
    watches: [...merged.values()],
    signal,
    clock,
    concurrency: 8,
    onError,
    onSynced,
    onStart: (given) => (enqueue = given),
    reconcile: async ({ key: queued }, stores) => {
      const bar = queued.indexOf('|');
      const index = Number(queued.slice(0, bar));
      const [reconciler, context] = [reconcilers[index]?.[0], contexts[index]];
      if (!reconciler || !context) return;
      const key = queued.slice(bar + 1);
      try {
        return await reconciler.reconcile(context, key, stores);
      } catch (error) {
        // Deleted while it was reconciled, or about to be: the informer will say so, and nothing is left to do.
        if (isKubeReason(error, 'NotFound') && !(await stands(client, reconciler.resource, key))) return;
        if (isKubeReason(error, 'Forbidden') && error.status.details?.causes?.some(isNamespaceTerminating)) return;
        throw error;
      }
    },
  });
}

/** Whether the object of a key (`namespace/name`) is there, by the API server's own word. */
async function stands(client: KubeClient, resource: Resource, key: string): Promise<boolean> {
  const slash = key.indexOf('/');
  const ref = { namespace: slash > 0 ? key.slice(0, slash) : undefined, name: key.slice(slash + 1) };
  return (await client.find(resource, ref)) !== undefined;
}

/** The cause of a refusal to create something in a namespace that is being deleted. */
function isNamespaceTerminating({ reason }: { readonly reason?: string }): boolean {
  return reason === 'NamespaceTerminating';
}
