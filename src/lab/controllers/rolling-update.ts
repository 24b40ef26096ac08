import type { IntOrPercent } from '../core-types.ts';

/** `25%` of `total`, or the number itself. */
export function resolveCount(value: IntOrPercent | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+)%$/.exec(value ?? '25%');
  if (!match) return 0;
  const share = (Number(match[1]) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** How a Deployment's ReplicaSets stand, as far as the rolling update decides by it. */
export interface RolloutState {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly fresh: { readonly desired: number; readonly available: number };
  /** Oldest first. */
  readonly old: readonly { readonly name: string; readonly desired: number; readonly available: number }[];
}

/**
 * The next sizes of a rolling update: never more than replicas + maxSurge Pods, never fewer than replicas - maxUnavailable
 * available ones; Pods that are not available go first. The rules are those of Kubernetes' deployment controller.
 */
export function nextSizes(state: RolloutState): { fresh: number; old: Map<string, number> } {
  const { replicas, maxSurge, fresh } = state;
  // Both zero would never move; Kubernetes then allows one to be unavailable.
  const maxUnavailable = maxSurge === 0 && state.maxUnavailable === 0 ? 1 : state.maxUnavailable;
  const old = new Map(state.old.map((set) => [set.name, set.desired]));
  const oldTotal = state.old.reduce((sum, set) => sum + set.desired, 0);
  const room = replicas + maxSurge - (fresh.desired + oldTotal);
  if (fresh.desired > replicas) return { fresh: replicas, old };
  if (fresh.desired < replicas && room > 0) return { fresh: Math.min(replicas, fresh.desired + room), old };

  let mayGo = fresh.desired + oldTotal - (replicas - maxUnavailable) - (fresh.desired - fresh.available);
  for (const set of state.old) {
    const unhealthy = Math.min(Math.max(0, set.desired - set.available), Math.max(0, mayGo));
    old.set(set.name, set.desired - unhealthy);
    mayGo -= unhealthy;
  }
  const availableTotal = fresh.available + state.old.reduce((sum, set) => sum + set.available, 0);
  let spare = Math.min(mayGo, availableTotal - (replicas - maxUnavailable));
  for (const set of state.old) {
    const remaining = old.get(set.name) ?? 0;
    const gone = Math.min(remaining, Math.max(0, spare));
    old.set(set.name, remaining - gone);
    spare -= gone;
  }
  return { fresh: fresh.desired, old };
}
