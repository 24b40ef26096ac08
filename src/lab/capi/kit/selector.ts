import type { KubeObject } from '../../../kube/index.ts';
import type { LabelSelector } from './objects.ts';

/** An empty selector matches everything, as in the Kubernetes API. */
export function matchesSelector(object: KubeObject, selector: LabelSelector): boolean {
  const labels = object.metadata.labels ?? {};
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const holds =
      operator === 'In'
        ? value !== undefined && values.includes(value)
        : operator === 'NotIn'
          ? value === undefined || !values.includes(value)
          : operator === 'Exists'
            ? value !== undefined
            : value === undefined;
    if (!holds) return false;
  }
  return true;
}

/** The text form that list requests and scale subresources take. */
export function formatSelector(selector: LabelSelector): string {
  return Object.entries(selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
