import { fieldAt, resources, type KubeObject } from '../../kube/index.ts';
import type { LabelSelector } from '../core-types.ts';
import { sameJson } from './ownership.ts';
import type { Reconciler } from './reconciler.ts';
import { matchesSelector } from './selector.ts';

/** ClusterRoles with an aggregationRule get the rules of those that it selects, as kube-controller-manager gives them. */
export function clusterRoleAggregationReconciler(): Reconciler {
  const aggregated = new Set<string>();
  return {
    resource: resources.clusterRoles,
    watches: [{ resource: resources.clusterRoles, mapToKeys: () => [...aggregated] }],
    reconcile: async ({ client }, key, stores) => {
      const role = stores.get(resources.clusterRoles, key);
      const selectors = fieldAt(role, 'aggregationRule', 'clusterRoleSelectors') as LabelSelector[] | undefined;
      if (!role || !selectors) {
        aggregated.delete(key);
        return;
      }
      aggregated.add(key);
      const rules: unknown[] = [];
      const byName = (a: KubeObject, b: KubeObject): number =>
        (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
      for (const other of stores.all(resources.clusterRoles).sort(byName)) {
        if (other.metadata.name === role.metadata.name) continue;
        if (!selectors.some((selector) => matchesSelector(selector, other.metadata.labels))) continue;
        for (const rule of (other['rules'] ?? []) as unknown[])
          if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
      }
      if (sameJson(role['rules'] ?? [], rules)) return;
      const { name = '', resourceVersion } = role.metadata;
      await client.patch(
        resources.clusterRoles,
        { name },
        { type: 'merge', body: { metadata: { resourceVersion }, rules } },
      );
    },
  };
}
