import { EtcdCompactedError, type KeyValue, type WatchEvent, type WatchRequest } from '../../etcd/index.ts';
import { inOrderRange, orderRange, type OrderRange } from './key-history.ts';
import { SharedBatch } from './shared-batch.ts';
import { Watcher, type WatchLog } from './watcher.ts';

/** One change, with the order key of its key. */
export interface Change {
  readonly order: string;
  readonly event: WatchEvent;
}

/** All changes of one revision, in the order in which they were made. */
export interface Revision {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/** The revision that a store begins with: the one of an etcd without data. */
const FIRST_REVISION = 1;

/** The log of changes since the last compaction, one entry a revision without gaps, and those who watch it. */
export class WatchHub implements WatchLog {
  #log: Revision[] = [];
  #revision = FIRST_REVISION;
  /** So etcd counts while nothing has been compacted. */
  #compactRevision = -1;
  readonly #groups = new Map<string, { readonly range: OrderRange; readonly watchers: Set<Watcher> }>();

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Appends the changes of the next revision and hands them to the watchers of their keys: one batch for all of the same range. */
  publish(changes: readonly Change[]): void {
    const revision = ++this.#revision;
    this.#log.push({ revision, changes });
    for (const { range, watchers } of this.#groups.values()) {
      const events = eventsInRange(changes, range);
      if (events.length === 0) continue;
      const batch = new SharedBatch(events, revision);
      for (const watcher of watchers) watcher.offer(batch);
    }
  }

  /** Changes before `revision` are forgotten. Returns the order keys of the forgotten ones and of those of `revision` itself. */
  compact(revision: number): Set<string> {
    if (revision <= this.#compactRevision) throw new EtcdCompactedError(this.#compactRevision);
    const keep = Math.max(0, this.#indexOf(revision));
    const changed = new Set<string>();
    for (const passed of this.#log.slice(0, this.#indexOf(revision) + 1))
      for (const { order } of passed.changes) changed.add(order);
    this.#log = this.#log.slice(keep);
    this.#compactRevision = revision;
    const first = this.#log[0];
    // What was before the first change that is left has been compacted: nobody is told any more.
    if (first?.revision === revision)
      this.#log[0] = { revision, changes: first.changes.map(({ order, event }) => ({ order, event: bare(event) })) };
    return changed;
  }

  watch(request: WatchRequest): Watcher {
    const range = orderRange(request);
    const id = `${range.start}\0${range.end ?? ''}\0${String(range.end === undefined)}`;
    const group = this.#groups.get(id) ?? { range, watchers: new Set<Watcher>() };
    this.#groups.set(id, group);
    const watcher = new Watcher(this, range, request, () => {
      group.watchers.delete(watcher);
      if (group.watchers.size === 0 && this.#groups.get(id) === group) this.#groups.delete(id);
    });
    group.watchers.add(watcher);
    return watcher;
  }

  *watchers(): IterableIterator<Watcher> {
    for (const { watchers } of this.#groups.values()) yield* watchers;
  }

  close(): void {
    for (const watcher of [...this.watchers()]) watcher.cancel();
  }

  read(revision: number, range: OrderRange, count: number): { events: WatchEvent[]; through: number } {
    const events: WatchEvent[] = [];
    let found = 0;
    let index = Math.max(0, this.#indexOf(revision));
    for (; index < this.#log.length && found < count; index++) {
      const own = eventsInRange((this.#log[index] as Revision).changes, range);
      if (own.length === 0) continue;
      events.push(...own);
      found++;
    }
    return { events, through: this.#log[index - 1]?.revision ?? this.#revision };
  }

  /** Index in the log of the entry of `revision`, whose revisions have no gaps. */
  #indexOf(revision: number): number {
    return revision - (this.#log[0]?.revision ?? this.#revision + 1);
  }
}

function eventsInRange(changes: readonly Change[], range: OrderRange): WatchEvent[] {
  const events: WatchEvent[] = [];
  for (const { order, event } of changes) if (inOrderRange(range, order)) events.push(event);
  return events;
}

function bare({ type, kv }: { type: 'put' | 'delete'; kv: KeyValue }): WatchEvent {
  return { type, kv };
}
