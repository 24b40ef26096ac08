import { once } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  EtcdCompactedError,
  type KeyValueStore,
  type Watch,
  type WatchBatch,
  type WatchEvent,
} from '../../../etcd/index.ts';
import { keyValueToWire, toNumber } from '../../../etcd/wire/convert.ts';
import type {
  Int64,
  SentInt64,
  WireEvent,
  WireWatchCreate,
  WireWatchRequest,
  WireWatchResponse,
} from '../../../etcd/wire/messages.ts';
import { presentRevision } from './ranges.ts';

const PUT = 0;
const DELETE = 1;
/** The watch id under which etcd answers a request for progress that is about all watches of a stream. */
const ALL_WATCHES = -1;

type Stream = ServerDuplexStream<WireWatchRequest<Int64>, WireWatchResponse<SentInt64>>;

interface OpenWatch {
  readonly batches: Watch;
  readonly wantsProgress: boolean;
  readonly stop: AbortController;
}

/** All watches of one gRPC stream. */
export class WatchSession {
  readonly #store: KeyValueStore;
  readonly #stream: Stream;
  readonly #watches = new Map<number, OpenWatch>();
  readonly #closed = new AbortController();
  readonly #statusOf: (error: unknown) => { code: number; details: string };
  /** Requests are served in the order in which they came. */
  #served: Promise<void> = Promise.resolve();
  /** Watches that have yet to pass the last request for progress. */
  #progressOwed = new Set<number>();
  #nextId = 0;

  /** `statusOf` gives the gRPC status of an error that ends the stream. */
  constructor(store: KeyValueStore, stream: Stream, statusOf: (error: unknown) => { code: number; details: string }) {
    this.#store = store;
    this.#stream = stream;
    this.#statusOf = statusOf;
    stream.on('data', (request: WireWatchRequest<Int64>) => {
      this.#served = this.#served.then(() => this.#receive(request)).catch((error: unknown) => this.#fail(error));
    });
    stream.on('end', () => this.#end());
    stream.on('cancelled', () => this.#close());
    stream.on('error', () => this.#close());
    stream.on('close', () => this.#close());
  }

  async #receive(request: WireWatchRequest<Int64>): Promise<void> {
    if (this.#closed.signal.aborted) return;
    if (request.createRequest) await this.#create(request.createRequest);
    else if (request.cancelRequest) await this.#cancel(toNumber(request.cancelRequest.watchId));
    else if (request.progressRequest) await this.#askForProgress();
  }

  async #create(create: WireWatchCreate<Int64>): Promise<void> {
    const revision = await presentRevision(this.#store);
    if (this.#closed.signal.aborted) return;
    const asked = toNumber(create.watchId);
    if (asked !== 0 && this.#watches.has(asked)) {
      this.#send(ALL_WATCHES, { created: true, canceled: true, cancelReason: 'watch ID already exists' }, revision);
      return;
    }
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    const id = asked === 0 ? this.#nextId++ : asked;
    const stop = new AbortController();
    const batches = this.#store.watch({
      key: create.key.length === 0 ? new Uint8Array([0]) : create.key,
      ...(create.rangeEnd !== undefined && create.rangeEnd.length > 0 && { rangeEnd: create.rangeEnd }),
      // A watch from now on begins after the revision that its answer names: a client that comes back goes on from there.
      startRevision: toNumber(create.startRevision) || revision + 1,
      prevKv: create.prevKv ?? false,
      progressNotify: create.progressNotify ?? false,
      signal: stop.signal,
    });
    const watch = { batches, stop, wantsProgress: create.progressNotify ?? false };
    this.#watches.set(id, watch);
    this.#send(id, { created: true }, revision);
    this.#pump(id, watch, create.filters ?? []).catch((error: unknown) => this.#fail(error));
  }

  async #pump(id: number, { batches, wantsProgress }: OpenWatch, filters: readonly number[]): Promise<void> {
    try {
      for await (const batch of batches) {
        if (batch.progress === true) this.#progress(id, wantsProgress, batch);
        else {
          const events = batch.events.filter((e) => !filters.includes(e.type === 'put' ? PUT : DELETE));
          if (events.length > 0) this.#send(id, { events: events.map(eventToWire) }, batch.revision);
        }
        if (this.#stream.writableNeedDrain) await once(this.#stream, 'drain', { signal: this.#closed.signal });
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#watches.delete(id);
      if (!(error instanceof EtcdCompactedError)) throw error;
      const { compactRevision } = error;
      this.#send(id, { canceled: true, compactRevision }, await presentRevision(this.#store));
    }
  }

  #progress(id: number, wantsProgress: boolean, { revision }: WatchBatch): void {
    if (this.#progressOwed.delete(id)) {
      if (this.#progressOwed.size === 0) this.#send(ALL_WATCHES, {}, revision);
    } else if (wantsProgress) this.#send(id, {}, revision);
  }

  async #askForProgress(): Promise<void> {
    this.#progressOwed = new Set(this.#watches.keys());
    if (this.#progressOwed.size === 0) this.#send(ALL_WATCHES, {}, await presentRevision(this.#store));
    for (const { batches } of this.#watches.values()) batches.requestProgress();
  }

  /** What is behind this server is away: the client is to come back, as after the loss of a member. */
  #fail(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    this.#stream.emit('error', this.#statusOf(error));
  }

  async #cancel(id: number): Promise<void> {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.stop.abort();
    this.#send(id, { canceled: true }, await presentRevision(this.#store));
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
    revision: number,
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
