import { isKubeReason, resources, type KubeClient, type KubeObject } from '../../../kube/index.ts';
import type { Node } from '../kit/index.ts';

/**
 * Cordons a node and deletes the Pods that a drain would evict: not those of DaemonSets, not mirror Pods, not those already
 * ending. Returns how many are still there. Throws KUBE_API (NotFound) when the node is gone.
 */
export async function drainNode(remote: KubeClient, nodeName: string): Promise<number> {
  const node = await remote.get<Node>(resources.nodes, { name: nodeName });
  if (node.spec?.unschedulable !== true)
    await remote.patch(resources.nodes, { name: nodeName }, { type: 'merge', body: { spec: { unschedulable: true } } });
  const { items } = await remote.list<KubeObject & { status?: { phase?: string } }>(resources.pods, {
    fieldSelector: `spec.nodeName=${nodeName}`,
  });
  const evictable = items.filter(
    (pod) =>
      !pod.metadata.ownerReferences?.some((o) => o.kind === 'DaemonSet' || o.kind === 'Node') &&
      pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  );
  for (const pod of evictable) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const { name = '', namespace } = pod.metadata;
    try {
      await remote.delete(resources.pods, { name, namespace });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  }
  return evictable.length;
}
