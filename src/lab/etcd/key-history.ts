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

/** All states of one key that have not been compacted, in the order of their revisions. Deletions are states of version 0. */
export class KeyHistory {
  readonly order: string;
  #states: KeyValue[] = [];

  constructor(order: string) {
    this.order = order;
  }

  append(state: KeyValue): void {
    this.#states.push(state);
  }

  /** The key's present state, undefined when it does not exist. */
  present(): KeyValue | undefined {
    const last = this.#states[this.#states.length - 1];
    return last === undefined || last.version === 0 ? undefined : last;
  }

  /** The key's state at a revision, undefined when it did not exist. */
  at(revision: number): KeyValue | undefined {
    for (let i = this.#states.length - 1; i >= 0; i--) {
      const state = this.#states[i] as KeyValue;
      if (state.modRevision <= revision) return state.version === 0 ? undefined : state;
    }
    return undefined;
  }

  /** Forgets the states that no revision from `revision` on can show. Returns whether anything is left. */
  compact(revision: number): boolean {
    const firstAfter = this.#states.findIndex((s) => s.modRevision > revision);
    const visible = (firstAfter < 0 ? this.#states.length : firstAfter) - 1;
    if (visible < 0) return this.#states.length > 0;
    // A deletion before `revision` shows nothing; one at `revision` itself is still an event that a watch may ask for.
    const state = this.#states[visible] as KeyValue;
    const drop = state.version === 0 && state.modRevision < revision ? visible + 1 : visible;
    if (drop > 0) this.#states = this.#states.slice(drop);
    return this.#states.length > 0;
  }
}
