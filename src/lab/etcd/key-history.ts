import type { KeyValue } from '../../etcd/index.ts';

/** A key's bytes as a string of one character a byte: its order under `<` is the order of the bytes. */
export function orderKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** The range of `orderKey`s that a KeyRange covers; `end` undefined means to the last key. */
export interface OrderRange {
  readonly start: string;
  readonly end: string | undefined;
}

export function orderRange(range: { key: Uint8Array; rangeEnd?: Uint8Array | undefined }): OrderRange {
  const start = orderKey(range.key);
  const { rangeEnd } = range;
  if (rangeEnd === undefined || rangeEnd.length === 0) return { start, end: `${start}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { start, end: undefined };
  return { start, end: orderKey(rangeEnd) };
}

export function inOrderRange(range: OrderRange, key: string): boolean {
  return key >= range.start && (range.end === undefined || key < range.end);
}

/** What one state takes beside its key and value: its revisions and the places that name it, roughly. */
const STATE_OVERHEAD_BYTES = 64;

function sizeOf(state: KeyValue): number {
  return state.key.length + state.value.length + STATE_OVERHEAD_BYTES;
}

/** All states of one key that have not been compacted, in the order of their revisions. Deletions are states of version 0. */
export class KeyHistory {
  readonly order: string;
  #states: KeyValue[] = [];
  /** Places of states in the transaction that made them, where that is not the first. */
  #places: Map<KeyValue, number> | undefined;

  constructor(order: string) {
    this.order = order;
  }

  /** `place` counts the changes of the transaction that made the state. Returns the bytes that it takes. */
  append(state: KeyValue, place: number): number {
    this.#states.push(state);
    if (place > 0) (this.#places ??= new Map<KeyValue, number>()).set(state, place);
    return sizeOf(state);
  }

  /** The key's present state, undefined when it does not exist. */
  present(): KeyValue | undefined {
    const last = this.#states[this.#states.length - 1];
    return last === undefined || last.version === 0 ? undefined : last;
  }

  /** The key's state at a revision, undefined when it did not exist. */
  at(revision: number): KeyValue | undefined {
    const state = this.#states[this.#lastUpTo(revision)];
    return state === undefined || state.version === 0 ? undefined : state;
  }

  /** All states that are left, with their places. */
  *states(): IterableIterator<{ readonly state: KeyValue; readonly place: number }> {
    for (const state of this.#states) yield { state, place: this.#places?.get(state) ?? 0 };
  }

  /** Forgets the states that no revision from `revision` on can show. Returns whether any is left, and the bytes that are free. */
  compact(revision: number): { readonly left: boolean; readonly freedBytes: number } {
    const visible = this.#lastUpTo(revision);
    const state = this.#states[visible];
    // A deletion before `revision` shows nothing; one at `revision` itself is still an event that a watch may ask for.
    const gone = state?.version === 0 && state.modRevision < revision;
    const forgotten = this.#states.slice(0, Math.max(0, gone ? visible + 1 : visible));
    if (forgotten.length > 0) this.#states = this.#states.slice(forgotten.length);
    let freedBytes = 0;
    for (const old of forgotten) {
      freedBytes += sizeOf(old);
      this.#places?.delete(old);
    }
    return { left: this.#states.length > 0, freedBytes };
  }

  /** Index of the last state that `revision` can see; -1 when all are later. */
  #lastUpTo(revision: number): number {
    let low = 0;
    let high = this.#states.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#states[middle] as KeyValue).modRevision <= revision) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
