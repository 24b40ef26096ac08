import { resources, type Stores } from '../../kube/index.ts';
import type { Node, PersistentVolumeClaim, Pod, StorageClass } from '../core-types.ts';
import { timestamp, withCondition } from './conditions.ts';
import { claimsOf, storageClassResource } from './persistent-volumes.ts';
import { writeStatus, type ControllerContext, type Reconciler } from './reconciler.ts';
import { onNoNode, placePod } from './scheduling.ts';
import { claimResource } from './stateful-set-claims.ts';

/** The name that Pods have in `schedulerName` unless they want another. */
const SCHEDULER = 'default-scheduler';

/** The scheduler: binds Pods without a node to one, or says in the Pod's condition and an Event why it cannot. */
export function schedulerReconciler(): Reconciler {
  const waiting = new Set<string>();
  // A binding that the informer has not shown yet must count, or one node would take all Pods of a burst.
  const bound = new Map<string, string>();
  return {
    resource: resources.pods,
    watches: [resources.nodes, claimResource].map((resource) => ({ resource, mapToKeys: () => [...waiting] })),
    reconcile: async (context, key, stores) => {
      const pod = stores.get<Pod>(resources.pods, key);
      if (!pod) {
        bound.delete(key);
        waiting.delete(key);
        return;
      }
      if (pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) {
        bound.delete(key);
        waiting.delete(key);
        return;
      }
      if (bound.has(key) || (pod.spec.schedulerName ?? SCHEDULER) !== SCHEDULER) return;
      const counts = new Map<string, number>();
      const count = (node: string): void => void counts.set(node, (counts.get(node) ?? 0) + 1);
      for (const other of stores.all<Pod>(resources.pods))
        if (other.spec.nodeName !== undefined) count(other.spec.nodeName);
      for (const node of bound.values()) count(node);
      const nodes = stores.all<Node>(resources.nodes).filter((node) => node.metadata.deletionTimestamp === undefined);
      const problem = await claimProblem(context, pod, stores);
      const placement =
        problem === undefined ? placePod(pod.spec, nodes, counts) : { message: onNoNode(nodes.length, problem) };
      if ('node' in placement) {
        waiting.delete(key);
        bound.set(key, placement.node);
        const { name = '', namespace = '' } = pod.metadata;
        // The kubelet may tell of the Pod before the answer to the binding is here.
        const mark = context.events.mark();
        try {
          await context.client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
            body: {
              apiVersion: 'v1',
              kind: 'Binding',
              metadata: { name, namespace },
              target: { apiVersion: 'v1', kind: 'Node', name: placement.node },
            },
          });
        } catch (error) {
          bound.delete(key);
          throw error;
        }
        const message = `Successfully assigned ${namespace}/${name} to ${placement.node}`;
        context.events.normal(pod, 'Scheduled', message, mark);
        return;
      }
      waiting.add(key);
      const conditions = withCondition(
        pod.status?.conditions ?? [],
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: placement.message },
        timestamp(context.clock),
      );
      const said = pod.status?.conditions?.find((c) => c.type === 'PodScheduled')?.message;
      if (said !== placement.message) context.events.warning(pod, 'FailedScheduling', placement.message);
      await writeStatus(context, resources.pods, pod, { ...pod.status, phase: 'Pending', conditions });
    },
  };
}

/** What is wrong with the claims that a Pod uses, in the scheduler's words; those that wait for the Pod are none of it. */
async function claimProblem(context: ControllerContext, pod: Pod, stores: Stores): Promise<string | undefined> {
  for (const key of claimsOf(pod)) {
    const [namespace, name = ''] = key.split('/');
    const claim =
      stores.get<PersistentVolumeClaim>(claimResource, key) ??
      (await context.client.find<PersistentVolumeClaim>(claimResource, { name, namespace }));
    if (!claim) return `persistentvolumeclaim "${name}" not found`;
    if (claim.status?.phase === 'Bound') continue;
    const { storageClassName } = claim.spec;
    const storageClass = stores
      .all<StorageClass>(storageClassResource)
      .find(({ metadata }) => metadata.name === storageClassName);
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer')
      return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}
