import { GlobalctlError } from '../../base/index.ts';
import {
  EtcdCompactedError,
  type Watch,
  type WatchBatch,
  type WatchEvent,
  type WatchRequest,
} from '../../etcd/index.ts';
import type { OrderRange } from './key-history.ts';
import { eventsFor, wishOf, type SharedBatch, type Wish } from './shared-batch.ts';

/** The log of changes that watchers follow. */
export interface WatchLog {
  readonly revision: number;
  /** The revision up to which the log was forgotten. */
  readonly compactRevision: number;
  /** The events of a range from a revision on, of at most `count` revisions, and the revision up to which the log was read. */
  read(revision: number, range: OrderRange, count: number): { readonly events: WatchEvent[]; readonly through: number };
}

/** Batches that wait in a watcher for its reader; past this it forgets them and reads the log again later. */
const QUEUE_LIMIT = 1024;
/** Revisions that a watcher which is behind takes from the log at once, as in etcd. */
const CATCH_UP_REVISIONS = 1000;

/** One watch. Holds a bounded queue; a reader slower than the writers is served from the log, so memory stays flat. */
export class Watcher implements Watch, AsyncIterableIterator<WatchBatch> {
  readonly wantsProgress: boolean;
  readonly #log: WatchLog;
  readonly #range: OrderRange;
  readonly #wish: Wish;
  readonly #detach: () => void;
  readonly #signal: AbortSignal;
  #queue: (SharedBatch | WatchBatch)[] = [];
  #head = 0;
  /** The first revision that is neither delivered nor in the queue. */
  #next: number;
  /** Whether changes are being left in the log instead of queued. */
  #behind: boolean;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Whether there were events since the last regular notification of progress. */
  #busy = false;

  constructor(log: WatchLog, range: OrderRange, request: WatchRequest, detach: () => void) {
    this.#log = log;
    this.#range = range;
    this.#wish = wishOf(request);
    this.wantsProgress = request.progressNotify ?? false;
    this.#detach = detach;
    this.#signal = request.signal;
    const { startRevision = 0 } = request;
    this.#next = startRevision > 0 ? startRevision : log.revision + 1;
    this.#behind = this.#next <= log.revision;
    if (request.signal.aborted) this.#ended = true;
    else request.signal.addEventListener('abort', this.cancel, { once: true });
  }

  /** Takes the changes of the newest revision. */
  offer(batch: SharedBatch): void {
    if (this.#behind || batch.revision < this.#next) return;
    if (this.#queue.length - this.#head >= QUEUE_LIMIT) {
      this.#behind = true;
      return;
    }
    this.#queue.push(batch);
    this.#next = batch.revision + 1;
    this.#busy = true;
    this.#wake?.();
  }

  /** Queues a notification of progress, unless the watch is behind and cannot say how far it is. */
  requestProgress(): void {
    if (this.#behind) return;
    this.#queue.push({ events: [], revision: this.#log.revision, progress: true });
    this.#wake?.();
  }

  /** The regular notification. etcd leaves it out for a watch that had events since the last one. */
  notifyProgress(): void {
    if (!this.#busy) this.requestProgress();
    this.#busy = false;
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
      if (this.#range.end !== undefined && this.#range.end <= this.#range.start) throw this.#refused();
      const batch = this.#take() ?? this.#catchUp();
      if (batch !== undefined) return { done: false, value: batch };
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

  #refused(): GlobalctlError {
    this.cancel();
    return new GlobalctlError('ETCD_REQUEST', { message: 'etcd refused the watch: mvcc: watcher range is empty' });
  }

  /** The next batch of the queue in which the wish leaves something. */
  #take(): WatchBatch | undefined {
    for (;;) {
      const waiting = this.#queue[this.#head];
      if (waiting === undefined) return undefined;
      this.#head++;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      }
      const batch = 'for' in waiting ? waiting.for(this.#wish) : waiting;
      if (batch.events.length > 0 || batch.progress === true) return batch;
    }
  }

  #catchUp(): WatchBatch | undefined {
    while (this.#behind) {
      if (this.#next < this.#log.compactRevision) {
        this.cancel();
        throw new EtcdCompactedError(this.#log.compactRevision);
      }
      const { events, through } = this.#log.read(this.#next, this.#range, CATCH_UP_REVISIONS);
      this.#behind = through < this.#log.revision;
      this.#next = through + 1;
      const wanted = eventsFor(this.#wish, events);
      if (wanted.length > 0) return { events: wanted, revision: through };
    }
    return undefined;
  }
}
