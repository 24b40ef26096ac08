import { EtcdCompactedError, prefixRange, type KeyValueStore } from '../../../etcd/index.ts';
import { GlobalctlError, type Clock } from '../../../base/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { decodeObject } from '../object-storage.ts';

/** One change of one object, as all watchers of its resource share it. Objects here are never changed. */
export interface CacheEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: number;
  /** For a deletion: the last state, with the deletion's revision. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  /** Serialised forms, by version and form, made once for all watchers that want them. */
  readonly encoded: Map<string, string>;
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
  readonly #objects = new Map<string, { object: KubeObject; revision: number }>();
  readonly #subscribers = new Set<CacheSubscriber>();
  readonly #stop = new AbortController();
  #window: CacheEvent[] = [];
  /** Changes up to here are not in the window. */
  #oldest = 0;
  #revision = 0;
  #started: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(prefix: string, store: KeyValueStore, clock: Clock) {
    this.prefix = prefix;
    this.#store = store;
    this.#clock = clock;
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

  get(key: string, revision: number): KubeObject | undefined {
    const entry = this.#objects.get(key);
    return entry?.revision === revision ? entry.object : undefined;
  }

  /** All objects, in no particular order. */
  *objects(): IterableIterator<{ readonly key: string; readonly object: KubeObject }> {
    for (const [key, { object }] of this.#objects) yield { key, object };
  }

  /**
   * Hands over the events after `fromRevision` and everything that follows. Returns how to stop, or undefined when the window
   * no longer reaches back so far.
   */
  subscribe(fromRevision: number, subscriber: CacheSubscriber): (() => void) | undefined {
    if (fromRevision < this.#oldest) return undefined;
    for (const event of this.#window) if (event.revision > fromRevision) subscriber.event(event);
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
      const key = Buffer.from(kv.key).toString('utf8');
      const object = parse(kv.value, kv.modRevision);
      if (object) this.#objects.set(key, { object, revision: kv.modRevision });
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

  #apply(type: 'put' | 'delete', kv: { key: Uint8Array; value: Uint8Array; modRevision: number }): void {
    const key = Buffer.from(kv.key).toString('utf8');
    const revision = kv.modRevision;
    const previous = this.#objects.get(key)?.object;
    const object =
      type === 'put'
        ? parse(kv.value, revision)
        : previous && { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
    this.#revision = Math.max(this.#revision, revision);
    if (type === 'put' && object) this.#objects.set(key, { object, revision });
    else this.#objects.delete(key);
    if (!object) return;
    const event: CacheEvent = { type, key, revision, object, previous, encoded: new Map() };
    this.#window.push(event);
    if (this.#window.length > WINDOW * 1.25) {
      const dropped = this.#window.splice(0, this.#window.length - WINDOW);
      this.#oldest = dropped.at(-1)?.revision ?? this.#oldest;
    }
    for (const subscriber of this.#subscribers) subscriber.event(event);
  }
}

/** A value below the prefix that is not a JSON object was not written by an API server that stores JSON; it is left out. */
function parse(value: Uint8Array, revision: number): KubeObject | undefined {
  try {
    return decodeObject(value, revision);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
