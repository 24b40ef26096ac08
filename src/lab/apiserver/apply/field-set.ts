import type { PathElement } from './path-element.ts';

/** Set of field paths, a tree: a node's own paths are `members`, longer ones live in `children`. Changed only while it is built. */
export class FieldSet {
  readonly members = new Set<PathElement>();
  readonly children = new Map<PathElement, FieldSet>();

  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  /** Decodes `fieldsV1`. */
  static decode(fields: Readonly<Record<string, unknown>>): FieldSet {
    const set = new FieldSet();
    for (const [element, value] of Object.entries(fields)) {
      if (element === '.') continue;
      const below = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
      const keys = Object.keys(below);
      if (keys.length === 0 || keys.includes('.')) set.members.add(element);
      if (keys.some((key) => key !== '.')) set.children.set(element, FieldSet.decode(below));
    }
    return set;
  }

  /** `fieldsV1` with its keys sorted; a path that is a member and has longer ones carries `.`. */
  encode(): Record<string, unknown> {
    const elements = [...new Set([...this.members, ...this.children.keys()])].sort();
    const encoded = elements.map((element): [string, unknown] => {
      const child = this.children.get(element);
      const below = child === undefined || child.isEmpty ? {} : child.encode();
      const isInner = Object.keys(below).length > 0 && this.members.has(element);
      return [element, isInner ? { '.': {}, ...below } : below];
    });
    return Object.fromEntries(encoded);
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && [...this.children.values()].every((child) => child.isEmpty);
  }

  insert(path: readonly PathElement[]): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    if (rest.length === 0) this.members.add(first);
    else this.#childFor(first).insert(rest);
  }

  #childFor(element: PathElement): FieldSet {
    let child = this.children.get(element);
    if (child === undefined) {
      child = new FieldSet();
      this.children.set(element, child);
    }
    return child;
  }

  has(path: readonly PathElement[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return false;
    if (rest.length === 0) return this.members.has(first);
    return this.children.get(first)?.has(rest) ?? false;
  }

  union(other: FieldSet): FieldSet {
    const result = this.copy();
    result.#add(other);
    return result;
  }

  #add(other: FieldSet): void {
    for (const element of other.members) this.members.add(element);
    for (const [element, child] of other.children) this.#childFor(element).#add(child);
  }

  intersection(other: FieldSet): FieldSet {
    return this.#select(
      other,
      (member, theirs) => theirs.members.has(member),
      (child, theirs) => (theirs === undefined ? new FieldSet() : child.intersection(theirs)),
    );
  }

  /** Paths of this set that the other does not name; longer paths stay. */
  difference(other: FieldSet): FieldSet {
    return this.#select(
      other,
      (member, theirs) => !theirs.members.has(member),
      (child, theirs) => (theirs === undefined ? child : child.difference(theirs)),
    );
  }

  /** Like difference, and what lies below a path that the other names goes too. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#select(
      other,
      (member, theirs) => !theirs.members.has(member),
      (child, theirs, element) => {
        if (other.members.has(element)) return new FieldSet();
        return theirs === undefined ? child : child.recursiveDifference(theirs);
      },
    );
  }

  #select(
    other: FieldSet,
    keeps: (member: PathElement, theirs: FieldSet) => boolean,
    below: (child: FieldSet, theirs: FieldSet | undefined, element: PathElement) => FieldSet,
  ): FieldSet {
    const result = new FieldSet();
    for (const member of this.members) if (keeps(member, other)) result.members.add(member);
    for (const [element, child] of this.children) {
      const kept = below(child, other.children.get(element), element);
      if (!kept.isEmpty) result.children.set(element, kept);
    }
    return result;
  }

  copy(): FieldSet {
    const result = new FieldSet();
    result.#add(this);
    return result;
  }

  equals(other: FieldSet): boolean {
    return JSON.stringify(this.encode()) === JSON.stringify(other.encode());
  }

  /** Every path of the set, a node's members before the longer paths, each in sorted order. */
  *paths(prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
    for (const member of [...this.members].sort()) yield [...prefix, member];
    for (const element of [...this.children.keys()].sort()) {
      yield* this.children.get(element)?.paths([...prefix, element]) ?? [];
    }
  }
}
