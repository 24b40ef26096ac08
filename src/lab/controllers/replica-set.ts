import { isKubeReason, resources } from '../../kube/index.ts';
import type { Pod, PodTemplate, ReplicaSet } from '../core-types.ts';
import { availablePods } from './availability.ts';
import { controllerOf, controllerRef } from './ownership.ts';
import {
  isActive,
  isReady,
  livePodsOf,
  omitZero,
  podsOf,
  refOf,
  writeStatus,
  type ControllerContext,
  type Reconciler,
} from './reconciler.ts';
import { Waits } from './waits.ts';

/** Maps a Pod to the key of the controller of `kind` that owns it. */
export function podOwnerKeys(kind: string): (pod: Parameters<typeof controllerOf>[0]) => string[] {
  return (pod) => {
    const owner = controllerOf(pod);
    return owner?.kind === kind ? [`${pod.metadata.namespace ?? ''}/${owner.name}`] : [];
  };
}

/** ReplicaSet -> Pods. */
export function replicaSetReconciler(): Reconciler {
  const waits = new Waits();
  return {
    resource: resources.replicaSets,
    watches: [{ resource: resources.pods, mapToKeys: podOwnerKeys('ReplicaSet') }],
    reconcile: async (context, key, stores) => {
      const set = stores.get<ReplicaSet>(resources.replicaSets, key);
      if (!set) return waits.forget(key);
      const wanted = set.spec.replicas ?? 1;
      let pods = podsOf(stores, set).filter(isActive);
      if (set.metadata.deletionTimestamp === undefined && pods.length !== wanted) {
        pods = (await livePodsOf(context, set)).filter(isActive);
        for (let i = pods.length; i < wanted; i++) await createPod(context, set, set.spec.template);
        if (pods.length > wanted)
          for (const pod of [...pods].sort(firstToGo).slice(0, pods.length - wanted))
            await deletePod(context, set, pod);
      }
      const ready = pods.filter(isReady).length;
      const { minReadySeconds } = set.spec;
      const { available, again } = availablePods(pods, { minReadySeconds, of: key, waits, context });
      await writeStatus(context, resources.replicaSets, set, {
        observedGeneration: set.metadata.generation ?? 1,
        replicas: pods.length,
        ...omitZero({
          fullyLabeledReplicas: pods.length,
          readyReplicas: ready,
          availableReplicas: available.length,
        }),
      });
      return again;
    },
  };
}

/** Pods that serve nobody go first, then the youngest. */
function firstToGo(a: Pod, b: Pod): number {
  const rank = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  const born = (pod: Pod): string => pod.metadata.creationTimestamp ?? '';
  return rank(a) - rank(b) || (born(a) < born(b) ? 1 : -1);
}

/**
 * Creates a Pod from `template`, controlled by `owner`, named after it with a generated suffix (or as given). Resolves with
 * undefined when a Pod of the given name stands already.
 */
export async function createPod(
  context: ControllerContext,
  owner: ReplicaSet | Parameters<typeof controllerRef>[0],
  template: PodTemplate,
  fixed: {
    name?: string;
    /** What stands before the generated suffix; the owner's name when absent. */
    namePrefix?: string;
    labels?: Record<string, string>;
    spec?: Partial<Pod['spec']>;
    annotations?: Record<string, string>;
  } = {},
): Promise<Pod | undefined> {
  const { namespace = '' } = owner.metadata;
  const ownerName = fixed.namePrefix ?? owner.metadata.name ?? '';
  for (let attempt = 0; ; attempt++) {
    const drawn = drawCount(ownerName, namespace, context);
    const name = fixed.name ?? `${ownerName}-${context.random.suffix(5, 'pod', namespace, ownerName, drawn)}`;
    try {
      const pod = await context.client.create<Pod>(resources.pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          ...(fixed.name === undefined && { generateName: `${ownerName}-` }),
          namespace,
          labels: { ...template.metadata?.labels, ...fixed.labels },
          ...((template.metadata?.annotations ?? fixed.annotations) && {
            annotations: { ...template.metadata?.annotations, ...fixed.annotations },
          }),
          ownerReferences: [controllerRef(owner)],
        },
        spec: { ...structuredClone(template.spec), ...fixed.spec },
      });
      context.events.normal(owner, 'SuccessfulCreate', `Created pod: ${name}`);
      return pod;
    } catch (error) {
      if (isKubeReason(error, 'AlreadyExists')) {
        if (fixed.name !== undefined) return undefined;
        if (attempt < 20) continue;
      }
      if (isKubeReason(error, 'Forbidden', 'Invalid'))
        context.events.warning(owner, 'FailedCreate', `Error creating: ${error.message}`);
      throw error;
    }
  }
}

/** Names are drawn in order for each owner, so that a run is the same from the same seed. */
const draws = new WeakMap<ControllerContext, Map<string, number>>();

function drawCount(ownerName: string, namespace: string, context: ControllerContext): number {
  const counts = draws.get(context) ?? new Map<string, number>();
  draws.set(context, counts);
  const key = `${namespace}/${ownerName}`;
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}

export async function deletePod(
  context: ControllerContext,
  owner: Parameters<typeof controllerRef>[0],
  pod: Pod,
): Promise<void> {
  try {
    await context.client.delete(resources.pods, refOf(pod), {
      ...(pod.metadata.uid !== undefined && { uid: pod.metadata.uid }),
      propagation: 'Background',
    });
    context.events.normal(owner, 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name ?? ''}`);
  } catch (error) {
    // Gone already, or another of the same name: either way this one is no more.
    if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
  }
}
