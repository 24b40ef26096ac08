import type { PlacedObject } from '../../providers/index.ts';
import { referencesOf, type ObjectReference } from './references.ts';

/** Which objects name which, worked out once for a run. */
export class ObjectGraph {
  readonly objects: readonly PlacedObject[];
  readonly #byKindAndName = new Map<string, PlacedObject[]>();
  readonly #byName = new Map<string, PlacedObject[]>();
  readonly #references = new Map<PlacedObject, readonly ObjectReference[]>();

  constructor(objects: readonly PlacedObject[]) {
    this.objects = objects;
    for (const placed of objects) {
      const name = String(placed.object.metadata.name);
      append(this.#byKindAndName, `${placed.object.kind}/${name}`, placed);
      append(this.#byName, name, placed);
      this.#references.set(placed, [...referencesOf(placed)]);
    }
  }

  referencesOf(placed: PlacedObject): readonly ObjectReference[] {
    return this.#references.get(placed) ?? [];
  }

  /** The objects that a reference leads to: those of its own namespace when there are any. */
  targetsOf({ from, kind, name }: ObjectReference): readonly PlacedObject[] {
    const all = (kind === undefined ? this.#byName.get(name) : this.#byKindAndName.get(`${kind}/${name}`)) ?? [];
    const near = all.filter(({ object }) => object.metadata.namespace === from.object.metadata.namespace);
    return near.length > 0 ? near : all;
  }

  /** The given objects and everything that they lead to, not passing through a Cluster that is not among them. */
  reach(from: Iterable<PlacedObject>): Set<PlacedObject> {
    const reached = new Set(from);
    for (const placed of reached)
      for (const reference of this.referencesOf(placed))
        for (const target of this.targetsOf(reference)) if (target.object.kind !== 'Cluster') reached.add(target);
    return reached;
  }
}

function append<Key>(map: Map<Key, PlacedObject[]>, key: Key, placed: PlacedObject): void {
  const list = map.get(key);
  if (list) list.push(placed);
  else map.set(key, [placed]);
}
