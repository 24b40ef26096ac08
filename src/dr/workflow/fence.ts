import { isKubeReason, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';

/**
 * Marks a workload Cluster that a fence paused. It stands on the Cluster, so it is synchronised with it: the new active side knows
 * which ones to release, and one that a person had paused before stays paused.
 */
export const FENCED = 'dr.globalctl.dev/fenced';

/** Every Cluster but the one that the platform runs on. */
export async function workloadClusters(client: KubeClient, signal: AbortSignal): Promise<KubeObject[]> {
  try {
    const { items } = await client.list(resources.clusters, { signal });
    return items.filter(({ metadata }) => metadata.name !== 'global');
  } catch (error) {
    // A side without Cluster API has nothing to fence.
    if (isKubeReason(error, 'NotFound')) return [];
    throw error;
  }
}

export function isPaused(cluster: KubeObject): boolean {
  const spec = cluster['spec'];
  return typeof spec === 'object' && spec !== null && (spec as { paused?: unknown }).paused === true;
}

export function isFenced(cluster: KubeObject): boolean {
  return cluster.metadata.annotations?.[FENCED] !== undefined;
}

/** Pauses a Cluster, so that no provider works on anything of it: the fence at the owning resource (disaster-recovery §9). */
export async function fence(client: KubeClient, cluster: KubeObject, id: string, signal: AbortSignal): Promise<void> {
  const body = { metadata: { annotations: { [FENCED]: id } }, spec: { paused: true } };
  await patchCluster(client, cluster, body, signal);
}

/** Lets providers work on a Cluster again that a fence had paused. */
export async function release(client: KubeClient, cluster: KubeObject, signal: AbortSignal): Promise<void> {
  await patchCluster(
    client,
    cluster,
    { metadata: { annotations: { [FENCED]: null } }, spec: { paused: false } },
    signal,
  );
}

async function patchCluster(
  client: KubeClient,
  { metadata }: KubeObject,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  const ref = { name: metadata.name ?? '', namespace: metadata.namespace };
  await client.patch(resources.clusters, ref, { type: 'merge', body }, { signal });
}
