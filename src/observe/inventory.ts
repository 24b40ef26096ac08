import {
  isKubeReason,
  follow,
  PLATFORM_NAMESPACE,
  resources,
  storeKey,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../kube/index.ts';

/** The Cluster API objects of one management cluster, as far as a person follows an installation through them. */
export interface Inventory {
  readonly clusters: readonly KubeObject[];
  readonly controlPlanes: readonly KubeObject[];
  readonly machineDeployments: readonly KubeObject[];
  readonly machines: readonly KubeObject[];
  readonly bootstrapConfigs: readonly KubeObject[];
  /** Infrastructure clusters and machines of the provider. */
  readonly infrastructure: readonly KubeObject[];
  readonly events: readonly KubeObject[];
}

/** The provider's kinds that an inventory includes. */
export interface InfrastructureKinds {
  readonly cluster: Resource;
  readonly machine: Resource;
}

const shared = {
  clusters: resources.clusters,
  controlPlanes: resources.kubeadmControlPlanes,
  machineDeployments: resources.machineDeployments,
  machines: resources.machines,
  bootstrapConfigs: resources.kubeadmConfigs,
  events: resources.events,
} as const;

/** One look at everything. Kinds that the server does not serve (yet) are empty. */
export async function readInventory(
  client: KubeClient,
  kinds: InfrastructureKinds,
  signal?: AbortSignal,
): Promise<Inventory> {
  const list = async (resource: Resource): Promise<KubeObject[]> => {
    try {
      return (await client.list(resource, { namespace: PLATFORM_NAMESPACE, signal })).items;
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return [];
      throw error;
    }
  };
  const [
    clusters,
    controlPlanes,
    machineDeployments,
    machines,
    bootstrapConfigs,
    events,
    infraClusters,
    infraMachines,
  ] = await Promise.all([
    list(shared.clusters),
    list(shared.controlPlanes),
    list(shared.machineDeployments),
    list(shared.machines),
    list(shared.bootstrapConfigs),
    list(shared.events),
    list(kinds.cluster),
    list(kinds.machine),
  ]);
  return {
    clusters,
    controlPlanes,
    machineDeployments,
    machines,
    bootstrapConfigs,
    events,
    infrastructure: [...infraClusters, ...infraMachines],
  };
}

/**
 * Follows everything and calls `onChange` with the new state after the first complete look and after every change, until it
 * answers a value. Throws CANCELLED when the signal aborts.
 */
export async function watchInventory<R>(
  client: KubeClient,
  kinds: InfrastructureKinds,
  signal: AbortSignal,
  onChange: (inventory: Inventory) => R | undefined,
): Promise<R> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const watched: readonly (readonly [keyof Inventory, Resource])[] = [
    ...(Object.entries(shared) as [keyof typeof shared, Resource][]),
    ['infrastructure', kinds.cluster],
    ['infrastructure', kinds.machine],
  ];
  const stores = watched.map(() => new Map<string, KubeObject>());
  const current = (): Inventory => {
    const inventory: Record<keyof Inventory, KubeObject[]> = {
      clusters: [],
      controlPlanes: [],
      machineDeployments: [],
      machines: [],
      bootstrapConfigs: [],
      infrastructure: [],
      events: [],
    };
    watched.forEach(([key], i) => inventory[key].push(...(stores[i]?.values() ?? [])));
    return inventory;
  };
  let unsynced = watched.length;
  let result: { readonly value: R } | undefined;
  await Promise.all(
    watched.map(async ([, resource], i) => {
      for await (const event of follow(
        client,
        resource,
        { namespace: PLATFORM_NAMESPACE, signal: either },
        stores[i],
      )) {
        if (event.type === 'synced') unsynced--;
        if (unsynced > 0 || result) continue;
        const value = onChange(current());
        if (value === undefined) continue;
        result = { value };
        stop.abort();
      }
    }),
  ).finally(() => stop.abort());
  signal.throwIfAborted();
  if (!result) throw new DOMException('the watch ended', 'AbortError');
  return result.value;
}

/** `Kind namespace/name`, the identity by which references and events find an object. */
export function identity(object: KubeObject): string {
  return `${object.kind} ${storeKey(object)}`;
}
