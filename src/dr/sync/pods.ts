import { isKubeReason, PLATFORM_NAMESPACE, resources, watchUntil, type KubeClient } from '../../kube/index.ts';

/** Pods that read disaster recovery and endpoint settings only at their start, in the guide's order (disaster-recovery §5). */
export const restartSelectors = [
  'service_name in (alertmanager,vmselect,vminsert)',
  'service_name=cpaas-elasticsearch',
  'service_name=cluster-transformer',
] as const;

export const SYNC_SELECTOR = 'app=etcd-sync';

/** Deletes the Pods of a selector; none is fine, for components may be absent. The number of them. */
export async function deletePods(client: KubeClient, labelSelector: string, signal: AbortSignal): Promise<number> {
  const { items } = await client.list(resources.pods, { namespace: PLATFORM_NAMESPACE, labelSelector, signal });
  for (const { metadata } of items)
    try {
      await client.delete(resources.pods, { name: metadata.name ?? '', namespace: PLATFORM_NAMESPACE }, { signal });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  return items.length;
}

/** Resolves when no Pod of the synchronizer is left. */
export async function waitUntilSyncGone(client: KubeClient, signal: AbortSignal): Promise<void> {
  await watchUntil(
    client,
    resources.pods,
    { namespace: PLATFORM_NAMESPACE, labelSelector: SYNC_SELECTOR, signal },
    (store) => (store.size === 0 ? true : undefined),
  );
}
