import {
  describeObject,
  fieldAt,
  IMPORTED_LABEL,
  isCounterpart,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { ProviderKinds } from '../../providers/index.ts';
import { someOf, type Finding } from './gate.ts';

export interface BothClusters {
  readonly bootstrap: KubeClient;
  readonly cluster: KubeClient;
  readonly kinds: ProviderKinds;
  readonly signal: AbortSignal;
}

/** Controllers of the new cluster own the objects, and no others: paused on this side, released on the other. */
export async function checkOwnership({ bootstrap, cluster, signal }: BothClusters): Promise<Finding> {
  const ref = { name: 'global', namespace: PLATFORM_NAMESPACE };
  const [from, to] = await Promise.all([bootstrap, cluster].map((c) => c.find(resources.clusters, ref, signal)));
  if (to === undefined) return { ok: false, observed: 'the new cluster has no Cluster global' };
  const isPaused = (object: KubeObject | undefined): boolean => fieldAt(object, 'spec', 'paused') === true;
  const released = !isPaused(to) && to.metadata.labels?.[IMPORTED_LABEL] !== undefined;
  const paused = from === undefined ? 'none' : isPaused(from) ? 'paused' : 'NOT paused';
  return {
    ok: released && paused !== 'NOT paused',
    observed: `Cluster of minialauda: ${paused}; of the new cluster: ${released ? 'released' : 'not released'}`,
  };
}

/** Every object of the cluster is in the new cluster, as the same object or as one that was made from it. */
export async function checkObjects({ bootstrap, cluster, kinds, signal }: BothClusters): Promise<Finding> {
  const moved: readonly Resource[] = [
    resources.clusters,
    resources.kubeadmControlPlanes,
    resources.machineDeployments,
    resources.machineSets,
    resources.machines,
    resources.kubeadmConfigs,
    kinds.cluster,
    kinds.machine,
    kinds.machineTemplate,
    kinds.pool,
  ];
  const faults: string[] = [];
  let same = 0;
  let made = 0;
  for (const resource of moved) {
    const namespace = PLATFORM_NAMESPACE;
    const [before, after] = await Promise.all(
      [bootstrap, cluster].map(async (client) => (await client.list(resource, { namespace, signal })).items),
    );
    const present = new Map((after ?? []).map((object) => [object.metadata.name, object]));
    for (const object of before ?? []) {
      const { uid = '', name } = object.metadata;
      const counterpart = present.get(name);
      if (counterpart === undefined) faults.push(`${describeObject(object)} is missing`);
      else if (!isCounterpart(counterpart, uid)) faults.push(`${describeObject(object)} is another object there`);
      else if (counterpart.metadata.uid === uid) same++;
      else made++;
    }
  }
  if (faults.length > 0) return { ok: false, observed: someOf(faults) };
  const through = made > 0 ? `, ${String(made)} made from theirs through the API` : '';
  return { ok: same + made > 0, observed: `${String(same)} objects with the same uid${through}` };
}
