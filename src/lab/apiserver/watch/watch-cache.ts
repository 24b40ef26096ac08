import { EtcdCompactedError, prefixRange, type KeyValue, type KeyValueStore } from '../../../etcd/index.ts';
import { GlobalctlError, type Clock } from '../../../base/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { StoredObject, type ParsedObjects } from '../stored-object.ts';

/** One change of one object, as all watchers of its resource share it. */
export class CacheEvent {
  readonly type: 'put' | 'delete';
  readonly revision: number;
  /** For a deletion: the last state, at the deletion's revision. */
  readonly stored: StoredObject;
  readonly previous: StoredObject | undefined;
  /** Made once for all watchers, kept while the event is handed out. */
  #lines = new Map<string, Buffer>();
  #object: KubeObject | undefined;
  #previousObject: KubeObject | undefined;

  constructor(type: 'put' | 'delete', stored: StoredObject, previous: StoredObject | undefined) {
    this.type = type;
    this.revision = stored.revision;
    this.stored = stored;
    this.previous = previous;
  }

  get key(): string {
    return this.stored.key;
  }

  get object(): KubeObject {
    return (this.#object ??= this.stored.object);
  }

  get previousObject(): KubeObject | undefined {
    return (this.#previousObject ??= this.previous?.object);
  }

  /** The event as it is sent in one form; `make` is called for the first watcher that wants it. */
  line(form: string, make: () => Buffer): Buffer {
    let line = this.#lines.get(form);
    if (line === undefined) {
      line = make();
      this.#lines.set(form, line);
    }
    return line;
  }

  /** Lets go of what was made for the watchers. */
  release(): void {
    this.#lines = new Map();
    this.#object = undefined;
    this.#previousObject = undefined;
  }
}

export interface CacheSubscriber {
  event(event: CacheEvent): void;
  /** Everything up to this revision has been handed over. */
  progress(revision: number): void;
  /** The cache lost its place; the watcher must end, its client lists again. */
  reset(): void;
}

/** Events remembered for watches that start in the past, as many as a kube-apiserver's larger caches keep. */
const WINDOW = 4096;
const RESTART_DELAY_MS = 200;

/**
 * The objects of one resource, kept current by one watch on the store and shared by all watchers, so that writes straight
 * into etcd show up and a watcher costs a function call an event.
 */
export class WatchCache {
  readonly prefix: string;
  readonly #store: KeyValueStore;
  readonly #clock: Clock;
  readonly #parsed: ParsedObjects;
  readonly #objects = new Map<string, StoredObject>();
  readonly #subscribers = new Set<CacheSubscriber>();
  readonly #stop = new AbortController();
  #window: CacheEvent[] = [];
  /** Changes up to here are not in the window. */
  #oldest = 0;
  #revision = 0;
  #started: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: { prefix: string; store: KeyValueStore; parsed: ParsedObjects; clock: Clock }) {
    this.prefix = options.prefix;
    this.#store = options.store;
    this.#parsed = options.parsed;
    this.#clock = options.clock;
  }

  /** Reads the present state and follows the store from there; resolves when the state is read. */
  start(): Promise<void> {
    this.#started ??= this.#restart();
    return this.#started;
  }

  /** The revision up to which the cache has seen the store. */
  get revision(): number {
    return this.#revision;
  }

  /** Watches may start after this revision. */
  get oldestRevision(): number {
    return this.#oldest;
  }

  /** All objects, in no particular order. */
  objects(): Iterable<StoredObject> {
    return this.#objects.values();
  }

  /** The events after a revision, oldest first; undefined when the window no longer reaches back so far. */
  eventsAfter(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#oldest) return undefined;
    return this.#window.slice(this.#window.findLastIndex((event) => event.revision <= revision) + 1);
  }

  /**
   * Hands over the events after `fromRevision` and everything that follows. Returns how to stop, or undefined when the window
   * no longer reaches back so far.
   */
  subscribe(fromRevision: number, subscriber: CacheSubscriber): (() => void) | undefined {
    const events = this.eventsAfter(fromRevision);
    if (!events) return undefined;
    for (const event of events) {
      subscriber.event(event);
      event.release();
    }
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#resetSubscribers();
    await this.#running;
  }

  async #restart(): Promise<void> {
    const { kvs, revision } = await this.#store.range(prefixRange(this.prefix));
    this.#objects.clear();
    for (const kv of kvs) {
      const stored = new StoredObject(kv, this.#parsed);
      if (stored.readable) this.#objects.set(stored.key, stored);
    }
    this.#window = [];
    this.#oldest = revision;
    this.#revision = revision;
    const batches = this.#store.watch({
      ...prefixRange(this.prefix),
      startRevision: revision + 1,
      progressNotify: true,
      signal: this.#stop.signal,
    });
    this.#running = this.#follow(batches);
  }

  async #follow(batches: ReturnType<KeyValueStore['watch']>): Promise<void> {
    try {
      for await (const batch of batches) {
        for (const { type, kv } of batch.events) this.#apply(type, kv);
        this.#revision = Math.max(this.#revision, batch.revision);
        for (const subscriber of this.#subscribers) subscriber.progress(this.#revision);
      }
    } catch (error) {
      if (!(error instanceof EtcdCompactedError || error instanceof GlobalctlError)) throw error;
    }
    if (!this.#stop.signal.aborted) await this.#recover();
  }

  /** After a lost store: clients are sent away until the state has been read anew. */
  async #recover(): Promise<void> {
    this.#resetSubscribers();
    for (;;) {
      try {
        await this.#clock.sleep(RESTART_DELAY_MS, this.#stop.signal);
        this.#started = this.#restart();
        await this.#started;
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!(error instanceof GlobalctlError)) throw error;
      }
    }
  }

  #resetSubscribers(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.reset();
    this.#subscribers.clear();
  }

  #apply(type: 'put' | 'delete', kv: KeyValue): void {
    const written = new StoredObject(kv, this.#parsed);
    const { key, revision } = written;
    this.#revision = Math.max(this.#revision, revision);
    const previous = this.#objects.get(key);
    // A value below the prefix that is not a JSON object was not written by an API server that stores JSON; it is left out.
    const put = type === 'put' && written.readable;
    if (put) this.#objects.set(key, written);
    else this.#objects.delete(key);
    const stored = put ? written : type === 'delete' ? previous?.at(revision) : undefined;
    if (!stored) return;
    const event = new CacheEvent(type, stored, previous);
    this.#window.push(event);
    if (this.#window.length > WINDOW * 1.25) {
      const dropped = this.#window.splice(0, this.#window.length - WINDOW);
      this.#oldest = dropped.at(-1)?.revision ?? this.#oldest;
    }
    for (const subscriber of this.#subscribers) subscriber.event(event);
    event.release();
  }
}
