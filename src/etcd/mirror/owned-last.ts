import type { KeyValue } from '../key-value-store.ts';

/** Who owns what, as far as a value says: ids of the key's object and of its owners. undefined for one that nobody owns. */
export type OwnersOf = (kv: KeyValue) => { readonly id: string; readonly owners: readonly string[] } | undefined;

/** What may be held back at a time. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Keys whose objects have owners, held back until what owns them stands. */
export class OwnedLast {
  readonly #ownersOf: OwnersOf;
  #held: { readonly kv: KeyValue; readonly id: string; readonly owners: readonly string[] }[] = [];
  #bytes = 0;
  #overflowed = false;

  constructor(ownersOf: OwnersOf) {
    this.#ownersOf = ownersOf;
  }

  /** Whether there was more than could be held back: those keys have to be looked for again, after the others. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Whether the key has to wait. */
  takes(kv: KeyValue): boolean {
    const owned = this.#ownersOf(kv);
    if (owned === undefined) return false;
    const bytes = kv.key.length + kv.value.length;
    if (this.#bytes + bytes > MOST_BYTES) this.#overflowed = true;
    else {
      this.#held.push({ kv, ...owned });
      this.#bytes += bytes;
    }
    return true;
  }

  /** What was held back, owners before what they own; what one list holds may be written in any order. */
  release(): KeyValue[][] {
    const byId = new Map(this.#held.map((each) => [each.id, each]));
    const levels = new Map<string, number>();
    const levelOf = (id: string, above: ReadonlySet<string>): number => {
      const each = byId.get(id);
      // What is not held stands already; a circle has no right order.
      if (each === undefined || above.has(id)) return -1;
      const known = levels.get(id);
      if (known !== undefined) return known;
      const path = new Set([...above, id]);
      const level = 1 + Math.max(...each.owners.map((owner) => levelOf(owner, path)));
      levels.set(id, level);
      return level;
    };
    const released: KeyValue[][] = [];
    for (const { kv, id } of this.#held) (released[levelOf(id, new Set())] ??= []).push(kv);
    this.#held = [];
    this.#bytes = 0;
    return Array.from(released, (level) => level ?? []);
  }
}
