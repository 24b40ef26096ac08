import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../../kube/index.ts';
import { GLOBAL } from '../payload.ts';

const ref = { name: GLOBAL, namespace: PLATFORM_NAMESPACE };

/** A healthy import leaves this label on the Cluster (troubleshooting pages). */
export const IMPORTED_LABEL = 'capi.cpaas.io/imported';

/** Stops the controllers of this side from touching the cluster's objects. */
export async function pauseCluster(client: KubeClient, signal?: AbortSignal): Promise<void> {
  await client.patch(resources.clusters, ref, { type: 'merge', body: { spec: { paused: true } } }, { signal });
}

/** Hands the cluster's objects to the controllers of this side, and marks them as imported. */
export async function releaseCluster(client: KubeClient, signal?: AbortSignal): Promise<void> {
  const body = { metadata: { labels: { [IMPORTED_LABEL]: '' } }, spec: { paused: false } };
  await client.patch(resources.clusters, ref, { type: 'merge', body }, { signal });
}

/** Whether the target has been given the objects for good: it may have changed them since, and nothing is copied again. */
export async function isReleased(target: KubeClient, signal?: AbortSignal): Promise<boolean> {
  try {
    const cluster = await target.find(resources.clusters, ref, signal);
    return cluster?.metadata.labels?.[IMPORTED_LABEL] !== undefined && fieldAt(cluster, 'spec', 'paused') !== true;
  } catch {
    return false;
  }
}
