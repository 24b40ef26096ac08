import { conditionOf, isKubeReason, resources, type KubeClient } from '../../../kube/index.ts';
import { controllerOf, isFalse, isTrue, isUnknown, type Machine, type Node } from '../kit/index.ts';

/** Deletes the Node object; one that is gone already is fine. */
export async function deleteNode(remote: KubeClient, name: string): Promise<void> {
  try {
    await remote.delete(resources.nodes, { name });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
  }
}

/** NodeHealthy from the node's own Ready condition. */
export function nodeHealth(node: Node): ReturnType<typeof isTrue> {
  const ready = conditionOf(node, 'Ready');
  if (ready?.status === 'True') return isTrue('NodeHealthy');
  if (ready?.status === 'False')
    return isFalse(
      'NodeHealthy',
      'NodeConditionsFailed',
      'Warning',
      `Condition Ready is False. Message: ${ready.message ?? ''}`,
    );
  return isUnknown('NodeHealthy', 'NodeConditionsFailed', 'Condition Ready is not reported');
}

/** Labels below the node-role and Cluster API domains, and annotations that lead from the node back to its machine. */
export async function labelNode(remote: KubeClient, machine: Machine, node: Node): Promise<void> {
  const wanted: Record<string, string> = {};
  for (const [key, value] of Object.entries(machine.metadata.labels ?? {})) {
    const domain = key.split('/')[0] ?? '';
    const synced = ['node-role.kubernetes.io', 'node.cluster.x-k8s.io', 'node-restriction.kubernetes.io'].some(
      (d) => domain === d || domain.endsWith(`.${d}`),
    );
    if (synced && node.metadata.labels?.[key] !== value) wanted[key] = value;
  }
  const owner = controllerOf(machine);
  const annotations: Record<string, string> = {
    'cluster.x-k8s.io/cluster-name': machine.spec.clusterName,
    'cluster.x-k8s.io/cluster-namespace': machine.metadata.namespace ?? '',
    'cluster.x-k8s.io/machine': machine.metadata.name ?? '',
    ...(owner && { 'cluster.x-k8s.io/owner-kind': owner.kind, 'cluster.x-k8s.io/owner-name': owner.name }),
  };
  const missing = Object.entries(annotations).filter(([k, v]) => node.metadata.annotations?.[k] !== v);
  if (missing.length === 0 && Object.keys(wanted).length === 0) return;
  await remote.patch(
    resources.nodes,
    { name: node.metadata.name ?? '' },
    { type: 'merge', body: { metadata: { labels: wanted, annotations: Object.fromEntries(missing) } } },
  );
}
