import type { Clock } from '../../base/index.ts';
import type { Condition } from '../../kube/index.ts';

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * `conditions` with `wanted` in the place of the one of its type (or at the end). The transition time changes only with the
 * status; nothing changes when nothing differs, so that a status that is written twice is written once.
 */
export function withCondition<T extends Condition>(conditions: readonly T[], wanted: T, now: string): T[] {
  const old = conditions.find((c) => c.type === wanted.type);
  // The API server prints `lastProbeTime: null` of Pods' conditions; it is no difference.
  const printedNulls = Object.fromEntries(Object.entries(old ?? {}).filter(([, value]) => value === null));
  const next: T = {
    ...printedNulls,
    ...wanted,
    lastTransitionTime: old?.status === wanted.status ? (old.lastTransitionTime ?? now) : now,
  };
  return old ? conditions.map((c) => (c.type === wanted.type ? next : c)) : [...conditions, next];
}
