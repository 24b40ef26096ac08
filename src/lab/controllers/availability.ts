import { conditionOf } from '../../kube/index.ts';
import type { Pod } from '../core-types.ts';
import { isReady, type ControllerContext } from './reconciler.ts';
import type { Waits } from './waits.ts';

/** Asked again a little after a wait, so that it is over whatever the order of timers. */
const TIMER_SLACK_MS = 500;

/** The Pods that have been ready for `minReadySeconds` of simulated time, and when to ask again where some have not yet. */
export function availablePods(
  pods: readonly Pod[],
  given: {
    readonly minReadySeconds: number | undefined;
    /** The key of the object that owns them. */
    readonly of: string;
    readonly waits: Waits;
    readonly context: ControllerContext;
  },
): { readonly available: Pod[]; readonly again: { requeueAfterMs: number } | undefined } {
  const { minReadySeconds = 0, of, waits, context } = given;
  const ms = minReadySeconds * 1000;
  const ready = pods.filter(isReady);
  const available = ready.filter((pod) => {
    const since = conditionOf(pod, 'Ready')?.lastTransitionTime ?? '';
    return (
      ms === 0 ||
      waits.passed({ of, what: `ready ${String(minReadySeconds)} ${pod.metadata.uid ?? ''} ${since}`, ms }, context)
    );
  });
  return {
    available,
    again: available.length < ready.length ? { requeueAfterMs: ms + TIMER_SLACK_MS } : undefined,
  };
}
