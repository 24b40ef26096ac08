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
import { inOrderRange, orderKey, orderRange } from '../key-history.ts';
import { fragments } from './fragments.ts';
import type { HeaderFor } from './identity.ts';
import { presentRevision } from './present-revision.ts';

const PUT = 0;
const DELETE = 1;
/** The watch id of an answer that is about no watch, or about all of a stream: to a refused request, to one for progress. */
const NO_WATCH = -1;

type Stream = ServerDuplexStream<WireWatchRequest<Int64>, WireWatchResponse<SentInt64>>;

interface OpenWatch {
  readonly batches: Watch;
  readonly wantsProgress: boolean;
  readonly wantsFragments: boolean;
  readonly stop: AbortController;
}

export interface WatchSessionOptions {
  readonly store: KeyValueStore;
  readonly stream: Stream;
  readonly header: HeaderFor;
  /** The gRPC status of an error that ends the stream. */
  readonly statusOf: (error: unknown) => { code: number; details: string };
}

/** All watches of one gRPC stream. */
export class WatchSession {
  readonly #store: KeyValueStore;
  readonly #stream: Stream;
  readonly #watches = new Map<number, OpenWatch>();
  readonly #closed = new AbortController();
  readonly #header: HeaderFor;
  readonly #statusOf: WatchSessionOptions['statusOf'];
  /** Requests are served in the order in which they came. */
  #served: Promise<void> = Promise.resolve();
  /** Watches that have yet to pass the last request for progress. */
  #progressOwed = new Set<number>();
  #nextId = 0;

  constructor({ store, stream, header, statusOf }: WatchSessionOptions) {
    this.#store = store;
    this.#stream = stream;
    this.#header = header;
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
    else if (request.progressRequest) this.#askForProgress();
  }

  async #create(create: WireWatchCreate<Int64>): Promise<void> {
    const revision = await presentRevision(this.#store);
    if (this.#closed.signal.aborted) return;
    const range = {
      // No key is the smallest key.
      key: create.key.length === 0 ? new Uint8Array([0]) : create.key,
      ...(create.rangeEnd !== undefined && create.rangeEnd.length > 0 && { rangeEnd: create.rangeEnd }),
    };
    const asked = toNumber(create.watchId);
    const refusal = !inOrderRange(orderRange(range), orderKey(range.key))
      ? 'mvcc: watcher range is empty'
      : asked !== 0 && this.#watches.has(asked)
        ? 'mvcc: duplicate watch ID provided on the WatchStream'
        : undefined;
    if (refusal !== undefined) {
      this.#send(NO_WATCH, { created: true, canceled: true, cancelReason: refusal }, revision);
      return;
    }
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    const id = asked === 0 ? this.#nextId++ : asked;
    const stop = new AbortController();
    const filters = create.filters ?? [];
    const batches = this.#store.watch({
      ...range,
      // A watch from now on begins after the revision that its answer names: a client that comes back goes on from there.
      startRevision: toNumber(create.startRevision) || revision + 1,
      prevKv: create.prevKv ?? false,
      noPut: filters.includes(PUT),
      noDelete: filters.includes(DELETE),
      progressNotify: create.progressNotify ?? false,
      signal: stop.signal,
    });
    const watch = {
      ...{ batches, stop },
      ...{ wantsProgress: create.progressNotify ?? false, wantsFragments: create.fragment ?? false },
    };
    this.#watches.set(id, watch);
    this.#send(id, { created: true }, revision);
    this.#pump(id, watch).catch((error: unknown) => this.#fail(error));
  }

  async #pump(id: number, { batches, wantsProgress, wantsFragments }: OpenWatch): Promise<void> {
    try {
      for await (const batch of batches) {
        if (batch.progress === true) this.#progress(id, wantsProgress, batch);
        else this.#send(id, { events: batch.events.map(eventToWire) }, batch.revision, wantsFragments);
        if (this.#stream.writableNeedDrain) await once(this.#stream, 'drain', { signal: this.#closed.signal });
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#watches.delete(id);
      this.#progressOwed.delete(id);
      if (!(error instanceof EtcdCompactedError)) throw error;
      const { compactRevision } = error;
      this.#send(id, { canceled: true, compactRevision }, await presentRevision(this.#store));
    }
  }

  #progress(id: number, wantsProgress: boolean, { revision }: WatchBatch): void {
    if (this.#progressOwed.delete(id)) {
      if (this.#progressOwed.size === 0) this.#send(NO_WATCH, {}, revision);
    } else if (wantsProgress) this.#send(id, {}, revision);
  }

  #askForProgress(): void {
    this.#progressOwed = new Set(this.#watches.keys());
    // As in etcd, a stream without watches gets no answer.
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
    this.#progressOwed.delete(id);
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
    cut = false,
  ): void {
    if (this.#closed.signal.aborted || this.#stream.cancelled) return;
    const response = { header: this.#header(revision), watchId, events: [], ...content };
    for (const part of cut ? fragments(response) : [response]) this.#stream.write(part);
  }
}

function eventToWire({ type, kv, prevKv }: WatchEvent): WireEvent<SentInt64> {
  return {
    type: type === 'put' ? PUT : DELETE,
    kv: keyValueToWire(kv),
    ...(prevKv && { prevKv: keyValueToWire(prevKv) }),
  };
}
