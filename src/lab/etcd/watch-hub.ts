import type { Watch, WatchBatch, WatchEvent, WatchRequest } from '../../etcd/index.ts';
import { EtcdCompactedError } from '../../etcd/index.ts';
import { inOrderRange, orderKey, orderRange, type OrderRange } from './key-history.ts';

/** All changes of one revision. */
export interface Revision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** Batches that wait in a watcher for its reader; past this it forgets them and reads the log again later. */
const QUEUE_LIMIT = 1024;
/** Revisions that a watcher which is behind takes from the log at once. */
const CATCH_UP_STEP = 1024;

/** The log of changes since the last compaction, and those who watch it. */
export class WatchHub {
  #log: Revision[] = [];
  #revision = 1;
  #compactRevision = 0;
  readonly #watchers = new Map<string, { readonly range: OrderRange; readonly watchers: Set<Watcher> }>();

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Appends a revision's changes and hands them to the watchers of their keys. */
  publish(entry: Revision): void {
    this.#log.push(entry);
    this.#revision = entry.revision;
    for (const { range, watchers } of this.#watchers.values()) {
      const events = eventsInRange(entry.events, range);
      if (events.length > 0) for (const watcher of watchers) watcher.offer({ events, revision: entry.revision });
    }
  }

  /** Changes before `revision` are forgotten. Returns the forgotten ones and those of `revision` itself. */
  compact(revision: number): Revision[] {
    const keep = this.indexOf(revision);
    const through = this.indexOf(revision + 1);
    const passed = this.#log.slice(0, through);
    this.#log = this.#log.slice(keep);
    this.#compactRevision = revision;
    return passed;
  }

  watch(request: WatchRequest): Watcher {
    const range = orderRange(request);
    const id = `${range.start}\0${range.end ?? ''}\0${String(range.end === undefined)}`;
    const group = this.#watchers.get(id) ?? { range, watchers: new Set<Watcher>() };
    this.#watchers.set(id, group);
    const watcher = new Watcher(this, range, request, () => {
      group.watchers.delete(watcher);
      if (group.watchers.size === 0 && this.#watchers.get(id) === group) this.#watchers.delete(id);
    });
    group.watchers.add(watcher);
    return watcher;
  }

  /** Tells the watchers that asked for it how far they are. */
  notifyProgress(): void {
    for (const { watchers } of this.#watchers.values())
      for (const watcher of watchers) if (watcher.wantsProgress) watcher.requestProgress();
  }

  close(): void {
    for (const { watchers } of [...this.#watchers.values()]) for (const watcher of [...watchers]) watcher.cancel();
  }

  /** Index in the log of the first entry of at least `revision`. */
  indexOf(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Revision).revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  entriesFrom(revision: number, count: number): Revision[] {
    const index = this.indexOf(revision);
    return this.#log.slice(index, index + count);
  }
}

function eventsInRange(events: readonly WatchEvent[], range: OrderRange): WatchEvent[] {
  return events.filter((e) => inOrderRange(range, orderKey(e.kv.key)));
}

function withoutPrevious(batch: WatchBatch): WatchBatch {
  return { ...batch, events: batch.events.map(({ type, kv }) => ({ type, kv })) };
}

/** One watch. Holds a bounded queue; a reader slower than the writers is served from the log, so memory stays flat. */
export class Watcher implements Watch, AsyncIterableIterator<WatchBatch> {
  readonly wantsProgress: boolean;
  readonly #hub: WatchHub;
  readonly #range: OrderRange;
  readonly #prevKv: boolean;
  readonly #detach: () => void;
  readonly #signal: AbortSignal;
  #queue: WatchBatch[] = [];
  #head = 0;
  /** The first revision that is neither delivered nor in the queue. */
  #next: number;
  /** Whether changes are being left in the log instead of queued. */
  #behind: boolean;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(hub: WatchHub, range: OrderRange, request: WatchRequest, detach: () => void) {
    this.#hub = hub;
    this.#range = range;
    this.#prevKv = request.prevKv ?? false;
    this.wantsProgress = request.progressNotify ?? false;
    this.#detach = detach;
    this.#signal = request.signal;
    const { startRevision = 0 } = request;
    this.#next = startRevision > 0 ? startRevision : hub.revision + 1;
    this.#behind = this.#next <= hub.revision;
    if (request.signal.aborted) this.#ended = true;
    else request.signal.addEventListener('abort', this.cancel, { once: true });
  }

  /** Takes a batch of the newest revision. */
  offer(batch: WatchBatch): void {
    if (this.#behind || batch.revision < this.#next) return;
    if (this.#queue.length - this.#head >= QUEUE_LIMIT) {
      this.#behind = true;
      return;
    }
    this.#queue.push(batch);
    this.#next = batch.revision + 1;
    this.#wake?.();
  }

  /** Queues a notification of progress, unless the watch is behind and cannot say how far it is. */
  requestProgress(): void {
    if (this.#behind) return;
    this.#queue.push({ events: [], revision: this.#hub.revision, progress: true });
    this.#wake?.();
  }

  readonly cancel = (): void => {
    this.#ended = true;
    this.#signal.removeEventListener('abort', this.cancel);
    this.#detach();
    this.#wake?.();
  };

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    for (;;) {
      if (this.#ended) {
        this.cancel();
        return { done: true, value: undefined };
      }
      const batch = this.#take() ?? this.#catchUp();
      if (batch !== undefined) return { done: false, value: this.#prevKv ? batch : withoutPrevious(batch) };
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  return(): Promise<IteratorResult<WatchBatch, undefined>> {
    this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): WatchBatch | undefined {
    const batch = this.#queue[this.#head];
    if (batch === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return batch;
  }

  #catchUp(): WatchBatch | undefined {
    while (this.#behind) {
      if (this.#next < this.#hub.compactRevision) {
        this.cancel();
        throw new EtcdCompactedError(this.#hub.compactRevision);
      }
      const entries = this.#hub.entriesFrom(this.#next, CATCH_UP_STEP);
      const last = entries[entries.length - 1];
      this.#behind = last !== undefined && last.revision < this.#hub.revision;
      if (last === undefined) return undefined;
      this.#next = last.revision + 1;
      const events = entries.flatMap((e) => eventsInRange(e.events, this.#range));
      if (events.length > 0) return { events, revision: last.revision };
    }
    return undefined;
  }
}
