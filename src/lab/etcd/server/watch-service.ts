import { once } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { EtcdCompactedError, type WatchBatch, type WatchEvent } from '../../../etcd/index.ts';
import { keyValueToWire, toNumber } from '../../../etcd/wire/convert.ts';
import type {
  Int64,
  SentInt64,
  WireEvent,
  WireWatchCreate,
  WireWatchRequest,
  WireWatchResponse,
} from '../../../etcd/wire/messages.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { Watcher } from '../watch-hub.ts';

const PUT = 0;
const DELETE = 1;
/** The watch id under which etcd answers a request for progress that is about all watches of a stream. */
const ALL_WATCHES = -1;

type Stream = ServerDuplexStream<WireWatchRequest<Int64>, WireWatchResponse<SentInt64>>;

interface OpenWatch {
  readonly watcher: Watcher;
  readonly stop: AbortController;
}

/** All watches of one gRPC stream. */
export class WatchSession {
  readonly #store: MemoryStore;
  readonly #stream: Stream;
  readonly #watches = new Map<number, OpenWatch>();
  readonly #closed = new AbortController();
  /** Watches that have yet to pass the last request for progress. */
  #progressOwed = new Set<number>();
  #nextId = 0;

  constructor(store: MemoryStore, stream: Stream) {
    this.#store = store;
    this.#stream = stream;
    stream.on('data', (request: WireWatchRequest<Int64>) => this.#receive(request));
    stream.on('end', () => this.#end());
    stream.on('cancelled', () => this.#close());
    stream.on('error', () => this.#close());
    stream.on('close', () => this.#close());
  }

  #receive(request: WireWatchRequest<Int64>): void {
    if (request.createRequest) this.#create(request.createRequest);
    else if (request.cancelRequest) this.#cancel(toNumber(request.cancelRequest.watchId));
    else if (request.progressRequest) this.#askForProgress();
  }

  #create(create: WireWatchCreate<Int64>): void {
    const asked = toNumber(create.watchId);
    if (asked !== 0 && this.#watches.has(asked)) {
      this.#send(ALL_WATCHES, { created: true, canceled: true, cancelReason: 'watch ID already exists' });
      return;
    }
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    const id = asked === 0 ? this.#nextId++ : asked;
    const stop = new AbortController();
    const watcher = this.#store.openWatch({
      key: create.key.length === 0 ? new Uint8Array([0]) : create.key,
      ...(create.rangeEnd !== undefined && create.rangeEnd.length > 0 && { rangeEnd: create.rangeEnd }),
      startRevision: toNumber(create.startRevision),
      prevKv: create.prevKv ?? false,
      progressNotify: create.progressNotify ?? false,
      signal: stop.signal,
    });
    this.#watches.set(id, { watcher, stop });
    this.#send(id, { created: true });
    void this.#pump(id, watcher, create.filters ?? []);
  }

  async #pump(id: number, watcher: Watcher, filters: readonly number[]): Promise<void> {
    try {
      for await (const batch of watcher) {
        if (batch.progress === true) this.#progress(id, watcher, batch);
        else {
          const events = batch.events.filter((e) => !filters.includes(e.type === 'put' ? PUT : DELETE));
          if (events.length > 0) this.#send(id, { events: events.map(eventToWire) }, batch.revision);
        }
        if (this.#stream.writableNeedDrain) await once(this.#stream, 'drain', { signal: this.#closed.signal });
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      const compactRevision = error instanceof EtcdCompactedError ? error.compactRevision : 0;
      this.#watches.delete(id);
      const cancelReason = error instanceof EtcdCompactedError ? '' : String(error);
      this.#send(id, { canceled: true, compactRevision, cancelReason });
    }
  }

  #progress(id: number, watcher: Watcher, { revision }: WatchBatch): void {
    if (this.#progressOwed.delete(id)) {
      if (this.#progressOwed.size === 0) this.#send(ALL_WATCHES, {}, revision);
    } else if (watcher.wantsProgress) this.#send(id, {}, revision);
  }

  #askForProgress(): void {
    this.#progressOwed = new Set(this.#watches.keys());
    if (this.#progressOwed.size === 0) this.#send(ALL_WATCHES, {});
    for (const { watcher } of this.#watches.values()) watcher.offerProgress();
  }

  #cancel(id: number): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.stop.abort();
    this.#send(id, { canceled: true });
  }

  #end(): void {
    this.#close();
    this.#stream.end();
  }

  #close(): void {
    this.#closed.abort();
    for (const { stop } of this.#watches.values()) stop.abort();
    this.#watches.clear();
  }

  #send(
    watchId: number,
    content: Partial<Omit<WireWatchResponse<SentInt64>, 'watchId' | 'header'>>,
    revision = this.#store.revision,
  ): void {
    if (this.#closed.signal.aborted || this.#stream.cancelled) return;
    this.#stream.write({
      header: { clusterId: 1, memberId: 1, revision, raftTerm: 1 },
      watchId,
      events: [],
      ...content,
    });
  }
}

function eventToWire({ type, kv, prevKv }: WatchEvent): WireEvent<SentInt64> {
  return {
    type: type === 'put' ? PUT : DELETE,
    kv: keyValueToWire(kv),
    ...(prevKv && { prevKv: keyValueToWire(prevKv) }),
  };
}
