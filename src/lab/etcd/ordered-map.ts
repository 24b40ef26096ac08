/** Entries of one block; a block that grows past this is split. Small enough that an insertion moves little memory. */
const BLOCK_SIZE = 512;

interface Block<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** Index of the first key in `keys` that is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A map ordered by key: sorted blocks in a sorted list, as the leaves of a B-tree under one root. Lookups are two binary
 * searches, insertions move at most one block.
 */
export class OrderedMap<V> {
  readonly #blocks: Block<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const block = this.#blocks[this.#blockFor(key)];
    if (block === undefined) return undefined;
    const at = lowerBound(block.keys, key);
    return block.keys[at] === key ? block.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const index = this.#blockFor(key);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push({ keys: [key], values: [value] });
      this.#size++;
      return;
    }
    const at = lowerBound(block.keys, key);
    if (block.keys[at] === key) {
      block.values[at] = value;
      return;
    }
    block.keys.splice(at, 0, key);
    block.values.splice(at, 0, value);
    this.#size++;
    if (block.keys.length > BLOCK_SIZE) {
      const half = block.keys.length >>> 1;
      this.#blocks.splice(index + 1, 0, { keys: block.keys.splice(half), values: block.values.splice(half) });
    }
  }

  delete(key: string): boolean {
    const index = this.#blockFor(key);
    const block = this.#blocks[index];
    if (block === undefined) return false;
    const at = lowerBound(block.keys, key);
    if (block.keys[at] !== key) return false;
    block.keys.splice(at, 1);
    block.values.splice(at, 1);
    this.#size--;
    if (block.keys.length === 0) this.#blocks.splice(index, 1);
    return true;
  }

  /** Calls `visit` for the keys in `[from, to)` in order (to the end without `to`), until it returns false. Must not be changed meanwhile. */
  scan(from: string, to: string | undefined, visit: (value: V) => boolean): void {
    let index = this.#blockFor(from);
    let at = lowerBound(this.#blocks[index]?.keys ?? [], from);
    for (; index < this.#blocks.length; index++, at = 0) {
      const { keys, values } = this.#blocks[index] as Block<V>;
      const end = to === undefined || (keys[keys.length - 1] as string) < to ? keys.length : lowerBound(keys, to);
      for (; at < end; at++) if (!visit(values[at] as V)) return;
      if (end < keys.length) return;
    }
  }

  /** The last block whose first key is not greater than `key`, or the first block. */
  #blockFor(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#blocks[middle] as Block<V>).keys[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
