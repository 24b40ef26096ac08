import type { LabelSelector } from '../core-types.ts';

/** Whether labels satisfy a selector. An empty selector matches everything, an absent one nothing. */
export function matchesSelector(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  if (!selector) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const holds =
      operator === 'Exists'
        ? value !== undefined
        : operator === 'DoesNotExist'
          ? value === undefined
          : operator === 'In'
            ? value !== undefined && values.includes(value)
            : value === undefined || !values.includes(value);
    if (!holds) return false;
  }
  return true;
}

/** The selector as the API's query text. */
export function selectorText(selector: LabelSelector): string {
  const terms = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of selector.matchExpressions ?? [])
    terms.push(
      operator === 'Exists'
        ? key
        : operator === 'DoesNotExist'
          ? `!${key}`
          : `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`,
    );
  return terms.join(',');
}
