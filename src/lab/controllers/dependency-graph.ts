import type { KubeObject, OwnerReference, Resource } from '../../kube/index.ts';

/** An object as the garbage collector knows it. */
export interface GraphNode {
  readonly uid: string;
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
}

/** Who owns whom, by uid, kept current by the informers of every kind. */
export class DependencyGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? []);
  }

  set(resource: Resource, object: KubeObject): GraphNode | undefined {
    const { uid, name = '', namespace, ownerReferences = [], finalizers = [], deletionTimestamp } = object.metadata;
    if (uid === undefined) return undefined;
    this.#unlink(uid);
    const node: GraphNode = {
      uid,
      resource,
      name,
      namespace,
      owners: ownerReferences,
      finalizers,
      deleting: deletionTimestamp !== undefined,
    };
    this.#nodes.set(uid, node);
    for (const owner of ownerReferences) {
      const set = this.#dependents.get(owner.uid) ?? new Set();
      set.add(uid);
      this.#dependents.set(owner.uid, set);
    }
    return node;
  }

  delete(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? []) {
      const set = this.#dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
