import { isKubeReason, resources, storeKey } from '../../kube/index.ts';
import type { Node, Pod, Taint } from '../core-types.ts';
import { refOf, type ControllerContext, type Reconciler } from './reconciler.ts';
import { tolerates } from './scheduling.ts';
import { Waits } from './waits.ts';

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const TIMER_SLACK_MS = 500;

/** Node -> the taint of a cordoned one; Pods that do not tolerate a NoExecute taint are deleted. */
export function nodeLifecycleReconciler(): Reconciler {
  const waits = new Waits();
  return {
    resource: resources.nodes,
    watches: [
      {
        resource: resources.pods,
        // A Pod that comes to a tainted node; what changes later about a Pod does not matter here.
        mapToKeys: (pod, old) => {
          const [now, before] = [(pod as Pod).spec.nodeName, (old as Pod | undefined)?.spec.nodeName];
          return now !== undefined && now !== before ? [now] : [];
        },
      },
    ],
    reconcile: async (context, key, stores) => {
      const node = stores.get<Node>(resources.nodes, key);
      if (!node) {
        waits.forget(key);
        return;
      }
      await markCordoned(context, node);
      const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
      if (taints.length === 0) {
        waits.forget(key);
        return;
      }
      let next: number | undefined;
      for (const pod of stores.all<Pod>(resources.pods)) {
        if (pod.spec.nodeName !== key || pod.metadata.deletionTimestamp !== undefined) continue;
        const staysMs = toleratedMs(pod, taints);
        if (staysMs === Number.POSITIVE_INFINITY) continue;
        const what = `${pod.metadata.uid ?? ''} ${taints.map((taint) => taint.key).join()}`;
        if (waits.passed({ of: key, what, ms: staysMs }, context)) await evict(context, pod);
        else next = Math.min(next ?? staysMs, staysMs);
      }
      return next === undefined ? undefined : { requeueAfterMs: next + TIMER_SLACK_MS };
    },
  };
}

/** How long a Pod stays on a node with these taints, in milliseconds: the shortest of its tolerations, 0 without one. */
function toleratedMs(pod: Pod, taints: readonly Taint[]): number {
  let staysMs = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const fitting = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (fitting.length === 0) return 0;
    for (const { tolerationSeconds } of fitting)
      if (tolerationSeconds !== undefined) staysMs = Math.min(staysMs, Math.max(0, tolerationSeconds) * 1000);
  }
  return staysMs;
}

async function evict(context: ControllerContext, pod: Pod): Promise<void> {
  context.events.normal(pod, 'TaintManagerEviction', `Marking for deletion Pod ${storeKey(pod)}`);
  try {
    await context.client.delete(resources.pods, refOf(pod), {
      ...(pod.metadata.uid !== undefined && { uid: pod.metadata.uid }),
    });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
  }
}

async function markCordoned(context: ControllerContext, node: Node): Promise<void> {
  const { taints = [], unschedulable } = node.spec;
  const others = taints.filter(({ key }) => key !== UNSCHEDULABLE.key);
  const marked = others.length < taints.length;
  if (marked === (unschedulable === true)) return;
  const wanted = unschedulable === true ? [...others, UNSCHEDULABLE] : others;
  // The list is written as a whole: a change that the informer has not shown yet must not be lost.
  const { resourceVersion } = node.metadata;
  await context.client.patch(resources.nodes, refOf(node), {
    type: 'merge',
    body: { metadata: { resourceVersion }, spec: { taints: wanted.length > 0 ? wanted : null } },
  });
}
