import { allKeys, type KeyValueStore, type WatchEvent } from '../../../src/etcd/index.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const GONE = 'deleted';
/** Enough to tell one state from another; ten minutes of states have to be kept. */
const STATE_BYTES = 500;

/** Every state of every key of a store, in order, and what was wrong at the end of a revision. */
export class History {
  readonly #states = new Map<string, string[]>();
  readonly faults: string[] = [];
  readonly #present = new Map<string, string>();
  readonly #judge: (present: ReadonlyMap<string, string>) => string | undefined;

  /** `judge` looks at all keys at the end of each revision. */
  constructor(judge: (present: ReadonlyMap<string, string>) => string | undefined = () => undefined) {
    this.#judge = judge;
  }

  /** Follows a store from its first revision until the signal aborts, over lost connections. */
  async follow(store: KeyValueStore, signal: AbortSignal): Promise<void> {
    let next = 1;
    while (!signal.aborted)
      try {
        for await (const { events } of store.watch({ ...allKeys, startRevision: next, signal })) {
          for (const group of byRevision(events)) {
            this.#take(group);
            next = (group[0]?.kv.modRevision ?? next) + 1;
          }
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
  }

  /** The states of a key, without those that repeat the one before. */
  of(key: string): readonly string[] {
    return this.#states.get(key) ?? [];
  }

  keys(): string[] {
    return [...this.#states.keys()];
  }

  get present(): ReadonlyMap<string, string> {
    return this.#present;
  }

  #take(events: readonly WatchEvent[]): void {
    for (const { type, kv } of events) {
      const key = text(kv.key);
      const state = type === 'put' ? text(kv.value.subarray(0, STATE_BYTES)) : GONE;
      const states = this.#states.get(key) ?? [];
      if (states[states.length - 1] !== state) states.push(state);
      this.#states.set(key, states);
      if (type === 'put') this.#present.set(key, state);
      else this.#present.delete(key);
    }
    const fault = this.#judge(this.#present);
    if (fault !== undefined) this.faults.push(`revision ${String(events[0]?.kv.modRevision)}: ${fault}`);
  }
}

function byRevision(events: readonly WatchEvent[]): WatchEvent[][] {
  const groups = new Map<number, WatchEvent[]>();
  for (const event of events) {
    const group = groups.get(event.kv.modRevision) ?? [];
    group.push(event);
    groups.set(event.kv.modRevision, group);
  }
  return [...groups.values()];
}

/** What the copy shows that the original never did, or in another order; undefined when it shows a part of it, and its end. */
export function notPartOf(original: readonly string[], copy: readonly string[]): string | undefined {
  let at = 0;
  for (const state of copy) {
    const found = original.indexOf(state, at);
    // A key may be gone in the copy before it ever came: nothing is lost with that.
    if (found < 0) return `shows ${state.slice(0, 40)} out of order, or never written`;
    at = found;
  }
  const [last, wanted] = [copy[copy.length - 1] ?? GONE, original[original.length - 1] ?? GONE];
  return last === wanted ? undefined : `ends with ${last.slice(0, 40)} instead of ${wanted.slice(0, 40)}`;
}
