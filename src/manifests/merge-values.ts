import { isDeepStrictEqual } from 'node:util';
import { isRecord, type FieldPath } from '../providers/index.ts';
import { entryIdentity, isUnited, operatorWins } from './merge-policy.ts';

/** What merging did to one field of the operator's object. */
export type MergeAction = 'added' | 'changed' | 'kept';

export interface MergeStep {
  readonly action: MergeAction;
  readonly path: FieldPath;
  /** The operator's value; undefined where there was none. */
  readonly before?: unknown;
  /** What globalctl has for this field. */
  readonly rendered?: unknown;
}

export interface MergedValue {
  readonly value: unknown;
  /** Where a path of the merged value stands in the operator's value, when lists moved; identity otherwise. */
  readonly steps: readonly MergeStep[];
}

/**
 * Lays the rendered value over the operator's. Keys of the operator keep their order and come first; what only the
 * operator has stays; what only the rendering has is added; where both differ, the policy decides.
 */
export function mergeValues(base: unknown, rendered: unknown): MergedValue {
  const steps: MergeStep[] = [];
  const value = merge({ base, rendered, path: [], entry: undefined }, steps);
  return { value, steps };
}

interface Pair {
  readonly base: unknown;
  readonly rendered: unknown;
  readonly path: FieldPath;
  /** Identity of the nearest list entry around. */
  readonly entry: string | undefined;
}

function merge(pair: Pair, steps: MergeStep[]): unknown {
  const { base, rendered, path, entry } = pair;
  if (isDeepStrictEqual(base, rendered)) return base;
  if (isRecord(base) && isRecord(rendered)) return mergeRecords(base, rendered, { path, entry }, steps);
  if (Array.isArray(base) && Array.isArray(rendered)) return mergeLists(base, rendered, { path, entry }, steps);
  if (base === null || base === undefined) {
    steps.push({ action: 'added', path, rendered });
    return rendered;
  }
  if (operatorWins(path, entry)) {
    steps.push({ action: 'kept', path, before: base, rendered });
    return base;
  }
  steps.push({ action: 'changed', path, before: base, rendered });
  return rendered;
}

type Around = Pick<Pair, 'path' | 'entry'>;

function mergeRecords(
  base: Record<string, unknown>,
  rendered: Record<string, unknown>,
  { path, entry }: Around,
  steps: MergeStep[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(base)) {
    const at = [...path, key];
    if (Object.hasOwn(rendered, key))
      result[key] = merge({ base: value, rendered: rendered[key], path: at, entry }, steps);
    else {
      result[key] = value;
      steps.push({ action: 'kept', path: at, before: value });
    }
  }
  for (const [key, value] of Object.entries(rendered)) {
    if (Object.hasOwn(base, key)) continue;
    result[key] = value;
    steps.push({ action: 'added', path: [...path, key], rendered: value });
  }
  return result;
}

function mergeLists(
  base: readonly unknown[],
  rendered: readonly unknown[],
  { path, entry }: Around,
  steps: MergeStep[],
): unknown[] {
  if (isUnited(path)) {
    const missing = rendered.filter((item) => !base.includes(item));
    for (const [offset, item] of missing.entries())
      steps.push({ action: 'added', path: [...path, base.length + offset], rendered: item });
    return [...base, ...missing];
  }
  const identities = rendered.map((item) => entryIdentity(path, item));
  if (identities.some((identity) => identity === undefined)) {
    if (operatorWins(path, entry)) {
      steps.push({ action: 'kept', path, before: base, rendered });
      return [...base];
    }
    steps.push({ action: 'changed', path, before: base, rendered });
    return [...rendered];
  }
  const unused = new Map(rendered.map((item, index) => [identities[index] ?? '', item]));
  const result = base.map((item, index) => {
    const identity = entryIdentity(path, item);
    const at = [...path, index];
    if (identity === undefined || !unused.has(identity)) {
      steps.push({ action: 'kept', path: at, before: item });
      return item;
    }
    const partner = unused.get(identity);
    unused.delete(identity);
    return merge({ base: item, rendered: partner, path: at, entry: identity }, steps);
  });
  for (const item of unused.values()) {
    steps.push({ action: 'added', path: [...path, result.length], rendered: item });
    result.push(item);
  }
  return result;
}
