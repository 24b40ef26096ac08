import { conditionOf, conditionsOf, type Condition, type KubeObject } from '../../../kube/index.ts';

export type Severity = 'Error' | 'Warning' | 'Info';

/** A condition as a reconcile states it; its transition time is kept or set when it is written into an object. */
export type ConditionState =
  | { readonly type: string; readonly status: 'True' }
  | {
      readonly type: string;
      readonly status: 'False' | 'Unknown';
      readonly reason: string;
      readonly severity?: Severity;
      readonly message?: string;
    };

export function isTrue(type: string): ConditionState {
  return { type, status: 'True' };
}

export function isFalse(type: string, reason: string, severity: Severity, message = ''): ConditionState {
  return { type, status: 'False', reason, severity, message };
}

export function isUnknown(type: string, reason: string, message = ''): ConditionState {
  return { type, status: 'Unknown', reason, message };
}

function conditionFrom(state: ConditionState, time: string): Condition {
  if (state.status === 'True') return { type: state.type, status: 'True', lastTransitionTime: time };
  const { type, status, reason, severity, message } = state;
  return {
    type,
    status,
    lastTransitionTime: time,
    reason,
    ...(severity !== undefined && { severity }),
    ...(message !== undefined && message !== '' && { message }),
  };
}

function same(a: Condition, b: Condition): boolean {
  return a.status === b.status && a.reason === b.reason && a.severity === b.severity && a.message === b.message;
}

/** Seconds precision, as metav1.Time is written. */
export function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Writes conditions into `object.status.conditions`, as Cluster API v1beta1 does: Ready first, the rest by name, the
 * transition time kept while nothing about the condition changes.
 */
export function setConditions(
  object: KubeObject & { status?: { conditions?: Condition[] } },
  nowMs: number,
  ...states: readonly ConditionState[]
): void {
  const byType = new Map(conditionsOf(object).map((c) => [c.type, c]));
  for (const state of states) {
    const next = conditionFrom(state, timestamp(nowMs));
    const present = byType.get(state.type);
    if (!present || !same(present, next)) byType.set(state.type, next);
  }
  const order = (c: Condition): string => (c.type === 'Ready' ? '' : c.type);
  object.status = {
    ...object.status,
    conditions: [...byType.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1)),
  };
}

/** The condition `from` of another object under the name `type`; `fallback` when that object does not state it. */
export function mirrored(
  type: string,
  from: KubeObject | undefined,
  fallback: ConditionState,
  source = 'Ready',
): ConditionState {
  const condition = from && conditionOf(from, source);
  if (!condition) return fallback;
  if (condition.status === 'True') return isTrue(type);
  return {
    type,
    status: condition.status,
    reason: condition.reason ?? 'Unknown',
    ...(condition.severity !== undefined && { severity: condition.severity as Severity }),
    message: condition.message ?? '',
  };
}

const severityRank: Record<string, number> = { Error: 0, Warning: 1, Info: 2 };

/**
 * The Ready condition that sums up others, in the order of `types`: the most severe false one decides; with `counted` the
 * message says how many of them are true (`1 of 2 completed`).
 */
export function summary(object: KubeObject, types: readonly string[], counted = false): ConditionState | undefined {
  const found = types.map((type) => conditionOf(object, type)).filter((c) => c !== undefined);
  const failing = found
    .filter((c) => c.status === 'False')
    .sort((a, b) => (severityRank[a.severity ?? 'Info'] ?? 3) - (severityRank[b.severity ?? 'Info'] ?? 3))[0];
  const done = found.filter((c) => c.status === 'True').length;
  if (failing) {
    const message = counted ? `${String(done)} of ${String(types.length)} completed` : (failing.message ?? '');
    return isFalse('Ready', failing.reason ?? '', (failing.severity as Severity | undefined) ?? 'Info', message);
  }
  const unknown = found.find((c) => c.status === 'Unknown');
  if (unknown) return isUnknown('Ready', unknown.reason ?? '', unknown.message ?? '');
  return done > 0 ? isTrue('Ready') : undefined;
}

export function isConditionTrue(object: KubeObject | undefined, type: string): boolean {
  return object !== undefined && conditionOf(object, type)?.status === 'True';
}
