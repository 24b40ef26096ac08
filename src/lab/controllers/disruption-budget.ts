import { conditionsOf, resources, type Resource, type Stores } from '../../kube/index.ts';
import type { Deployment, Pod, PodDisruptionBudget, ReplicaSet, StatefulSet } from '../core-types.ts';
import { timestamp, withCondition } from './conditions.ts';
import { controllerOf, isControlledBy } from './ownership.ts';
import { isActive, isReady, writeStatus, type Reconciler } from './reconciler.ts';
import { resolveCount } from './rolling-update.ts';
import { matchesSelector } from './selector.ts';

export const disruptionBudgets: Resource = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};

/** PodDisruptionBudget -> its status: how many of its Pods may be evicted now. */
export function disruptionReconciler(): Reconciler {
  const known = new Map<string, PodDisruptionBudget>();
  return {
    resource: disruptionBudgets,
    watches: [
      {
        resource: resources.pods,
        mapToKeys: (pod, old) =>
          [...known]
            .filter(
              ([, { metadata, spec }]) =>
                metadata.namespace === pod.metadata.namespace &&
                [pod, old].some((p) => p && matchesSelector(spec.selector, p.metadata.labels)),
            )
            .map(([key]) => key),
      },
    ],
    reconcile: async (context, key, stores) => {
      const budget = stores.get<PodDisruptionBudget>(disruptionBudgets, key);
      if (!budget) {
        known.delete(key);
        return;
      }
      known.set(key, budget);
      const { namespace } = budget.metadata;
      const pods = stores
        .all<Pod>(resources.pods)
        .filter(
          (pod) =>
            pod.metadata.namespace === namespace &&
            isActive(pod) &&
            matchesSelector(budget.spec.selector, pod.metadata.labels),
        );
      const { expected, desired } = wantedHealth(budget, pods, stores);
      const healthy = pods.filter(isReady).length;
      const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
      const conditions = withCondition(
        conditionsOf(budget),
        {
          type: 'DisruptionAllowed',
          status: allowed > 0 ? 'True' : 'False',
          reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
          message: '',
          observedGeneration: budget.metadata.generation ?? 1,
        },
        timestamp(context.clock),
      );
      await writeStatus(context, disruptionBudgets, budget, {
        conditions,
        currentHealthy: healthy,
        desiredHealthy: desired,
        disruptionsAllowed: allowed,
        expectedPods: expected,
        observedGeneration: budget.metadata.generation ?? 1,
      });
    },
  };
}

/** How many Pods there ought to be, and how many of them must stay healthy. */
function wantedHealth(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  stores: Stores,
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const expected = expectedScale(pods, stores);
    return { expected, desired: Math.max(0, expected - resolveCount(maxUnavailable, expected, 'up')) };
  }
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable };
  const expected = expectedScale(pods, stores);
  return { expected, desired: resolveCount(minAvailable ?? 1, expected, 'up') };
}

/** The sum of the replicas that the Pods' controllers want; a Pod of nobody counts for itself. */
function expectedScale(pods: readonly Pod[], stores: Stores): number {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) scales.set(pod.metadata.uid ?? '', 1);
    else scales.set(owner.uid, replicasOf(pod, stores) ?? 1);
  }
  return [...scales.values()].reduce((sum, count) => sum + count, 0);
}

function replicasOf(pod: Pod, stores: Stores): number | undefined {
  const sets = [
    ...stores.all<ReplicaSet>(resources.replicaSets),
    ...stores.all<StatefulSet>(resources.statefulSets),
  ].filter((set) => isControlledBy(pod, set));
  const [set] = sets;
  const deployment = set && stores.all<Deployment>(resources.deployments).find((d) => isControlledBy(set, d));
  return (deployment ?? set)?.spec.replicas;
}
