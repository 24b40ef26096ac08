import { splitApiVersion } from '../../kube/index.ts';
import { CLUSTER_NAME, NAME_PREFIX, supportedProviders, type PlacedObject } from '../../providers/index.ts';

/** How the mechanism of disaster recovery takes an object, and what it goes by. */
export interface Sight {
  readonly as: 'global' | 'workload';
  /** `owner`: the object itself has another name, but one that owns it is seen as global. */
  readonly by: 'name' | 'prefix' | 'owner' | 'no prefix';
}

const infraClusterKinds = new Set<string>(supportedProviders.map(({ kinds }) => kinds.cluster.kind));

/** Kinds that disaster recovery selects by name: Cluster API's own and the providers'. Secrets and the like are not among them. */
export function isSelectable({ object }: PlacedObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

function keyOf(kind: string, name: string | undefined): string {
  return `${kind}/${String(name)}`;
}

/**
 * Cluster and infra cluster are known by the exact name `global`, everything else by the prefix `global-` (naming rules); what
 * has neither is known by its owner, where one of `objects` is.
 */
export function seenAs(objects: readonly PlacedObject[]): (placed: PlacedObject) => Sight {
  const known = new Map(objects.map((placed) => [keyOf(placed.object.kind, placed.object.metadata.name), placed]));
  const look = (placed: PlacedObject, visited: ReadonlySet<PlacedObject>): Sight => {
    const { kind, metadata } = placed.object;
    const { name = '', ownerReferences = [] } = metadata;
    if (kind === 'Cluster' || infraClusterKinds.has(kind))
      return name === CLUSTER_NAME ? { as: 'global', by: 'name' } : { as: 'workload', by: 'no prefix' };
    if (name.startsWith(NAME_PREFIX)) return { as: 'global', by: 'prefix' };
    const owners = ownerReferences.flatMap((owner) => known.get(keyOf(owner.kind, owner.name)) ?? []);
    const ofGlobal = owners.some(
      (owner) =>
        // Everything hangs on the Cluster in the end; what counts is an owner that carries the prefix itself.
        owner.object.kind !== 'Cluster' &&
        !visited.has(owner) &&
        look(owner, new Set([...visited, placed])).as === 'global',
    );
    return ofGlobal ? { as: 'global', by: 'owner' } : { as: 'workload', by: 'no prefix' };
  };
  return (placed) => look(placed, new Set());
}
