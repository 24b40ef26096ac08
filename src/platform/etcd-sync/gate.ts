import { isKubeReason, PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';

/**
 * While this ConfigMap stands in a cluster, it is a standby: providers reconcile only what is seen as owned by `global`. It does
 * not go with the synchronizer; a failover removes it, once nothing is synchronised any more.
 */
export const GATE = { namespace: PLATFORM_NAMESPACE, name: 'etcd-sync-gate' } as const;

/** Closes the gate if it is open. Resolves with what tells this closing from others: since when the cluster is a standby. */
export async function closeGate(client: KubeClient, nowMs: number, signal: AbortSignal): Promise<string> {
  for (;;) {
    const present = await client.find(resources.configMaps, GATE, signal);
    if (present) return present.metadata.uid ?? '';
    const gate: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...GATE, labels: { app: 'etcd-sync' } },
      data: { role: 'standby', since: new Date(nowMs).toISOString() },
    };
    try {
      return (await client.create(resources.configMaps, gate, { signal })).metadata.uid ?? '';
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
  }
}
