import type { Clock, SeededRandom } from '../../base/index.ts';
import type { KubeClient, KubeObject, ReconcileResult, Resource, Stores, WatchedResource } from '../../kube/index.ts';
import { conditionOf, resources } from '../../kube/index.ts';
import type { Pod } from '../core-types.ts';
import type { EventRecorder } from './event-recorder.ts';
import { isControlledBy, sameJson } from './ownership.ts';

/** What the kubernetes controllers of one cluster share. */
export interface ControllerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
  /** Has a key reconciled after a time of the real clock, by which schedules go; a later question takes the place of this one. */
  readonly askAgain: (key: string, realMs: number) => void;
}

/** One object kind's controller. Many run over one set of informers (see run-controllers.ts), so the API server sees one watch a kind. */
export interface Reconciler {
  /** The kind whose objects are reconciled; also the prefix of its keys in the shared queue. */
  readonly resource: Resource;
  /** Further kinds whose changes matter, mapped to `namespace/name` keys of the own kind. */
  readonly watches: readonly WatchedResource[];
  reconcile(context: ControllerContext, key: string, stores: Stores): Promise<ReconcileResult>;
}

export function refOf(object: KubeObject): { name: string; namespace: string | undefined } {
  return { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
}

/** Writes `status` when it differs from what stands, as one merge patch of the status subresource. */
export async function writeStatus(
  context: ControllerContext,
  resource: Resource,
  object: KubeObject,
  status: Readonly<Record<string, unknown>>,
): Promise<void> {
  const old = (object['status'] ?? {}) as Record<string, unknown>;
  if (sameJson(old, status)) return;
  // A merge patch removes what is null: fields that are no longer stated must go.
  const removed = Object.fromEntries(
    Object.keys(old)
      .filter((key) => !(key in status))
      .map((key) => [key, null]),
  );
  await context.client.patch(resource, refOf(object), {
    type: 'merge',
    body: { status: { ...removed, ...status } },
    subresource: 'status',
  });
}

/** Fields of a status that Kubernetes leaves out when they are zero. */
export function omitZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** The Pods of `owner`, read from the API server itself: what is about to be created or deleted must not rest on a cache. */
export async function livePodsOf(context: ControllerContext, owner: KubeObject): Promise<Pod[]> {
  const { items } = await context.client.list<Pod>(resources.pods, {
    namespace: owner.metadata.namespace,
    signal: context.signal,
  });
  return items.filter((pod) => isControlledBy(pod, owner));
}

export function podsOf(stores: Stores, owner: KubeObject): Pod[] {
  return stores.all<Pod>(resources.pods).filter((pod) => isControlledBy(pod, owner));
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** Neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}
