import { splitApiVersion, type KubeObject } from './object.ts';

/** How the mechanism of disaster recovery takes an object, and what it goes by. */
export interface Sight {
  readonly as: 'global' | 'workload';
  /** `owner`: the object itself has another name, but one that owns it is seen as global. */
  readonly by: 'name' | 'prefix' | 'owner' | 'no prefix';
}

/** The Cluster, and the infra cluster, that the platform itself runs on. */
const GLOBAL = 'global';
const GLOBAL_PREFIX = 'global-';
const CAPI_GROUP = 'cluster.x-k8s.io';
const INFRA_GROUP = `infrastructure.${CAPI_GROUP}`;

type Named = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Kinds that disaster recovery selects by name: Cluster API's own and the providers'. Secrets and the like are not among them. */
export function isSelectable({ apiVersion }: Pick<KubeObject, 'apiVersion'>): boolean {
  const { group } = splitApiVersion(apiVersion);
  return group === CAPI_GROUP || group.endsWith(`.${CAPI_GROUP}`);
}

/** Cluster, DCSCluster, VSphereCluster and their like. */
export function isClusterKind({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  if (kind === 'Cluster') return true;
  const { group } = splitApiVersion(apiVersion);
  // A manifest may carry a short or foreign version; the kind decides with the group of the providers.
  return kind.endsWith('Cluster') && (group === INFRA_GROUP || group.endsWith(`.${CAPI_GROUP}`));
}

function keyOf(kind: string, name: string | undefined): string {
  return `${kind}/${String(name)}`;
}

/**
 * Which objects of one namespace are seen as owned by cluster `global`. Cluster and infra cluster are known by the exact name
 * `global`, everything else by the prefix `global-` (naming rules); what has neither is known by its owner, where that is known.
 */
export class GlobalOwnership {
  readonly #known = new Map<string, Named>();

  constructor(objects: Iterable<Named> = []) {
    for (const object of objects) this.set(object);
  }

  set(object: Named): void {
    this.#known.set(keyOf(object.kind, object.metadata.name), object);
  }

  delete({ kind, metadata }: Named): void {
    this.#known.delete(keyOf(kind, metadata.name));
  }

  /** `object` itself need not be known. */
  seenAs(object: Named): Sight {
    return this.#look(object, new Set());
  }

  #look(object: Named, visited: ReadonlySet<string>): Sight {
    const { name = '', ownerReferences = [] } = object.metadata;
    if (isClusterKind(object))
      return name === GLOBAL ? { as: 'global', by: 'name' } : { as: 'workload', by: 'no prefix' };
    if (name.startsWith(GLOBAL_PREFIX)) return { as: 'global', by: 'prefix' };
    const seen = new Set([...visited, keyOf(object.kind, name)]);
    const ofGlobal = ownerReferences.some((reference) => {
      const key = keyOf(reference.kind, reference.name);
      const owner = this.#known.get(key);
      // Everything hangs on the Cluster in the end; what counts is an owner that carries the prefix itself.
      return (
        owner !== undefined && owner.kind !== 'Cluster' && !seen.has(key) && this.#look(owner, seen).as === 'global'
      );
    });
    return ofGlobal ? { as: 'global', by: 'owner' } : { as: 'workload', by: 'no prefix' };
  }
}
