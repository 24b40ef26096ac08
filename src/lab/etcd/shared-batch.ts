import type { WatchBatch, WatchEvent, WatchRequest } from '../../etcd/index.ts';

/** What a watcher wants to see of the events: a number, so that watchers that want the same share what is made for them. */
export type Wish = number;

const PREV_KV = 1;
const NO_PUT = 2;
const NO_DELETE = 4;

export function wishOf({ prevKv = false, noPut = false, noDelete = false }: Omit<WatchRequest, 'signal'>): Wish {
  return (prevKv ? PREV_KV : 0) + (noPut ? NO_PUT : 0) + (noDelete ? NO_DELETE : 0);
}

/** Some events as a watcher wishes to see them. */
export function eventsFor(wish: Wish, events: readonly WatchEvent[]): WatchEvent[] {
  const seen: WatchEvent[] = [];
  for (const event of events) {
    if ((wish & (event.type === 'put' ? NO_PUT : NO_DELETE)) !== 0) continue;
    const bare = (wish & PREV_KV) !== 0 || event.prevKv === undefined;
    seen.push(bare ? event : { type: event.type, kv: event.kv });
  }
  return seen;
}

/** The events of one revision and one range, shared by all who watch that range; what they see is made once for each wish. */
export class SharedBatch {
  readonly revision: number;
  readonly #events: readonly WatchEvent[];
  readonly #seen: (WatchBatch | undefined)[] = [];

  constructor(events: readonly WatchEvent[], revision: number) {
    this.#events = events;
    this.revision = revision;
  }

  /** Without events when the wish leaves none. */
  for(wish: Wish): WatchBatch {
    return (this.#seen[wish] ??= { events: eventsFor(wish, this.#events), revision: this.revision });
  }
}
