import { prefixEnd, prefixRange } from './key-range.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyRange,
  KeyValue,
  KeyValueStore,
  LeaseKeeper,
  Op,
  OpResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchBatch,
  WatchRequest,
} from './key-value-store.ts';
import { requireKey } from './refusal.ts';

/**
 * A part of another store that looks like a store of its own: keys get a prefix on the way in and lose it on the way out, as in
 * the `namespace` package of etcd's Go client. No range reaches outside, also not "all keys from here on".
 *
 * What is not divided: revisions run on with every change of the store below, a compaction forgets for all, and leases have one
 * list (but show only keys of this namespace). Two namespaces of one store are apart when neither prefix begins the other.
 */
export class NamespacedStore implements KeyValueStore {
  readonly leases: LeaseKeeper;
  readonly #store: KeyValueStore;
  readonly #prefix: Uint8Array;
  readonly #closed = new AbortController();

  constructor(store: KeyValueStore, prefix: string) {
    this.#store = store;
    this.#prefix = Buffer.from(prefix, 'utf8');
    const { leases } = store;
    this.leases = {
      grant: (request) => leases.grant(request),
      keepAlive: (id) => leases.keepAlive(id),
      ids: () => leases.ids(),
      revoke: (id) => leases.revoke(id),
      state: async (id) => {
        const state = await leases.state(id);
        return state && { ...state, keys: state.keys.filter((key) => this.#owns(key)).map((key) => this.#strip(key)) };
      },
    };
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    return this.#rangeOut(await this.#store.range(this.#in(request)));
  }

  async put(request: PutRequest): Promise<PutResponse> {
    return this.#putOut(await this.#store.put({ ...request, key: this.#add(request.key) }));
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    return this.#deleteOut(await this.#store.deleteRange(this.#in(request)));
  }

  async txn({ compare, success, failure }: TxnRequest): Promise<TxnResponse> {
    return this.#txnOut(await this.#store.txn(this.#txnIn({ compare, success, failure })));
  }

  watch(request: WatchRequest): Watch {
    const signal = AbortSignal.any([request.signal, this.#closed.signal]);
    const watch = this.#store.watch({ ...this.#in(request), signal });
    const batches = this.#watchOut(watch);
    return { requestProgress: () => watch.requestProgress(), [Symbol.asyncIterator]: () => batches };
  }

  compact(revision: number, options?: { readonly physical?: boolean | undefined }): Promise<void> {
    return this.#store.compact(revision, options);
  }

  /** Deletes every key of the namespace. Resolves with their number. */
  async clear(): Promise<number> {
    return (await this.#store.deleteRange(prefixRange(this.#prefix))).deleted;
  }

  /** Ends the watches of the namespace. The store below stays open. */
  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  /** A store below would take no key for that of the prefix. */
  #add(key: Uint8Array): Uint8Array {
    requireKey(key);
    return Buffer.concat([this.#prefix, key]);
  }

  #strip(key: Uint8Array): Uint8Array {
    return key.subarray(this.#prefix.length);
  }

  #owns(key: Uint8Array): boolean {
    return Buffer.compare(key.subarray(0, this.#prefix.length), this.#prefix) === 0;
  }

  #in<T extends KeyRange>(range: T): T {
    const { key, rangeEnd } = range;
    if (rangeEnd === undefined || rangeEnd.length === 0) return { ...range, key: this.#add(key) };
    // "From here on" ends where the namespace does.
    const open = rangeEnd.length === 1 && rangeEnd[0] === 0;
    return { ...range, key: this.#add(key), rangeEnd: open ? prefixEnd(this.#prefix) : this.#add(rangeEnd) };
  }

  #opIn(op: Op): Op {
    switch (op.type) {
      case 'put':
        return { ...op, key: this.#add(op.key) };
      case 'txn':
        return { type: 'txn', ...this.#txnIn(op) };
      default:
        return this.#in(op);
    }
  }

  #txnIn({ compare, success, failure }: TxnRequest): TxnRequest {
    return {
      compare: compare.map((condition) => this.#in(condition)),
      success: success.map((op) => this.#opIn(op)),
      failure: failure.map((op) => this.#opIn(op)),
    };
  }

  #txnOut(answer: TxnResponse): TxnResponse {
    return { ...answer, responses: answer.responses.map((response) => this.#opOut(response)) };
  }

  #opOut(response: OpResponse): OpResponse {
    switch (response.type) {
      case 'range':
        return { type: 'range', ...this.#rangeOut(response) };
      case 'put':
        return { type: 'put', ...this.#putOut(response) };
      case 'deleteRange':
        return { type: 'deleteRange', ...this.#deleteOut(response) };
      case 'txn':
        return { type: 'txn', ...this.#txnOut(response) };
    }
  }

  #kvOut(kv: KeyValue): KeyValue {
    return { ...kv, key: this.#strip(kv.key) };
  }

  #rangeOut(response: RangeResponse): RangeResponse {
    return { ...response, kvs: response.kvs.map((kv) => this.#kvOut(kv)) };
  }

  #putOut(response: PutResponse): PutResponse {
    return response.prevKv === undefined ? response : { ...response, prevKv: this.#kvOut(response.prevKv) };
  }

  #deleteOut(response: DeleteRangeResponse): DeleteRangeResponse {
    return { ...response, prevKvs: response.prevKvs.map((kv) => this.#kvOut(kv)) };
  }

  async *#watchOut(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
    for await (const batch of batches)
      yield {
        ...batch,
        events: batch.events.map(({ type, kv, prevKv }) => ({
          type,
          kv: this.#kvOut(kv),
          ...(prevKv && { prevKv: this.#kvOut(prevKv) }),
        })),
      };
  }
}
