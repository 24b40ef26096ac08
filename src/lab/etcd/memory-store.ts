import { GlobalctlError, systemClock, type Clock } from '../../base/index.ts';
import {
  EtcdCompactedError,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type KeyValue,
  type KeyValueStore,
  type LeaseKeeper,
  type Op,
  type OpResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
  type WatchEvent,
  type WatchRequest,
} from '../../etcd/index.ts';
import { compareHolds } from './compare.ts';
import { KeyHistory, inOrderRange, orderKey, orderRange, type OrderRange } from './key-history.ts';
import { Leases } from './leases.ts';
import { OrderedMap } from './ordered-map.ts';
import { EtcdRefusal } from './refusal.ts';
import { WatchHub, type Watcher } from './watch-hub.ts';

const EMPTY = new Uint8Array(0);
/** How often leases are looked at; etcd does so twice a second as well. */
const LEASE_CHECK_MS = 500;

/**
 * etcd's data model in memory: every change makes a revision, past revisions stay readable until they are compacted.
 * Values are kept as handed in: callers must not write into them afterwards.
 */
export class MemoryStore implements KeyValueStore {
  readonly leases: LeaseKeeper;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  /** Whether somebody looks after the leases. */
  #expiring = false;
  readonly #keys = new OrderedMap<KeyHistory>();
  readonly #hub = new WatchHub();
  /** Changes of the transaction that runs; they become one revision. */
  #pending: WatchEvent[] = [];

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
    const leases = new Leases(this.#clock);
    this.#leases = leases;
    this.leases = {
      grant: async ({ ttlSeconds, id }) => {
        const granted = leases.grant(ttlSeconds, id);
        if (!this.#expiring) void this.#expireLeases();
        return { id: granted, ttlSeconds };
      },
      keepAlive: async (id) => leases.keepAlive(id),
      state: async (id) => leases.state(id),
      ids: async () => leases.ids(),
      revoke: async (id) => this.#revokeLease(id),
    };
  }

  get revision(): number {
    return this.#hub.revision;
  }

  // The methods are async so that what they throw arrives as a rejection, as from a remote store.

  async range(request: RangeRequest): Promise<RangeResponse> {
    return this.#range(request, this.revision);
  }

  async put(request: PutRequest): Promise<PutResponse> {
    return this.#commit(() => this.#put(request));
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    return this.#commit(() => this.#deleteRange(request));
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    refuseOverlappingWrites(request.success);
    refuseOverlappingWrites(request.failure);
    const succeeded = request.compare.every((c) => compareHolds(c, this.#statesIn(orderRange(c))));
    const ops = succeeded ? request.success : request.failure;
    this.#checkBeforeWriting(ops);
    const responses = this.#commit(() => ops.map((op) => this.#apply(op)));
    return { succeeded, responses, revision: this.revision };
  }

  watch(request: WatchRequest): Watcher {
    return this.#hub.watch(request);
  }

  /** Sends every watch that asked for progress a notification; a real etcd does so every ten minutes. */
  notifyProgress(): void {
    this.#hub.notifyProgress();
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.revision) throw futureRevision(revision, this.revision);
    if (revision <= this.#hub.compactRevision) throw new EtcdCompactedError(this.#hub.compactRevision);
    const changed = new Set<string>();
    for (const { events } of this.#hub.compact(revision)) for (const { kv } of events) changed.add(orderKey(kv.key));
    for (const key of changed) {
      const history = this.#keys.get(key);
      if (history !== undefined && !history.compact(revision)) this.#keys.delete(key);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#hub.close();
  }

  #revokeLease(id: string): void {
    const keys = this.#leases.remove(id).sort();
    this.#commit(() => keys.forEach((key) => this.#delete(this.#keys.get(key)?.present())));
  }

  /** Runs as long as there are leases. */
  async #expireLeases(): Promise<void> {
    this.#expiring = true;
    while (this.#leases.size > 0 && !this.#closed.signal.aborted) {
      await this.#clock.sleep(LEASE_CHECK_MS, this.#closed.signal).catch(() => undefined);
      for (const id of this.#leases.expired()) this.#revokeLease(id);
    }
    this.#expiring = false;
  }

  #apply(op: Op): OpResponse {
    switch (op.type) {
      case 'range':
        return { type: 'range', ...this.#range(op, this.#writeRevision) };
      case 'put':
        return { type: 'put', ...this.#put(op) };
      case 'deleteRange':
        return { type: 'deleteRange', ...this.#deleteRange(op) };
    }
  }

  /** What could fail half way through a transaction is refused before its first write. */
  #checkBeforeWriting(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.#leases.require(op.lease ?? '0');
      if (op.type === 'range') this.#readRevision(op.revision, this.revision);
    }
  }

  #commit<T>(work: () => T): T {
    const result = work();
    if (this.#pending.length > 0) {
      const events = this.#pending;
      this.#pending = [];
      this.#hub.publish({ revision: this.revision + 1, events });
    }
    return result;
  }

  /** The revision that the running transaction makes, or the present one while it has written nothing. */
  get #writeRevision(): number {
    return this.#pending.length > 0 ? this.revision + 1 : this.revision;
  }

  #readRevision(asked: number | undefined, present: number): number {
    if (asked === undefined || asked === 0) return present;
    if (asked > this.revision) throw futureRevision(asked, this.revision);
    if (asked < this.#hub.compactRevision) throw new EtcdCompactedError(this.#hub.compactRevision);
    return asked;
  }

  #range(request: RangeRequest, present: number): RangeResponse {
    const at = this.#readRevision(request.revision, present);
    const limit = request.limit === undefined || request.limit === 0 ? Infinity : request.limit;
    const kvs: KeyValue[] = [];
    let count = 0;
    const { start, end } = orderRange(request);
    this.#keys.scan(start, end, (history) => {
      const state = at === present ? history.present() : history.at(at);
      if (state === undefined) return true;
      count++;
      if (request.countOnly !== true && kvs.length < limit)
        kvs.push(request.keysOnly === true ? { ...state, value: EMPTY } : state);
      return true;
    });
    return { kvs, count, more: request.countOnly !== true && count > kvs.length, revision: present };
  }

  #put(request: PutRequest): PutResponse {
    const { key, value, lease = '0' } = request;
    this.#leases.require(lease);
    const order = orderKey(key);
    let history = this.#keys.get(order);
    if (history === undefined) {
      history = new KeyHistory(order);
      this.#keys.set(order, history);
    }
    const prevKv = history.present();
    const revision = this.revision + 1;
    const createRevision = prevKv?.createRevision ?? revision;
    const version = (prevKv?.version ?? 0) + 1;
    const kv: KeyValue = { key, value, createRevision, modRevision: revision, version, lease };
    history.append(kv);
    if (prevKv !== undefined) this.#leases.detach(prevKv.lease, order);
    this.#leases.attach(lease, order);
    this.#pending.push({ type: 'put', kv, ...(prevKv && { prevKv }) });
    return { revision, ...(request.prevKv === true && prevKv !== undefined && { prevKv }) };
  }

  #deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const states = this.#statesIn(orderRange(request));
    for (const state of states) this.#delete(state);
    const prevKvs = request.prevKv === true ? states : [];
    return { deleted: states.length, prevKvs, revision: this.#writeRevision };
  }

  #delete(state: KeyValue | undefined): void {
    if (state === undefined) return;
    const order = orderKey(state.key);
    const modRevision = this.revision + 1;
    const kv: KeyValue = { key: state.key, value: EMPTY, createRevision: 0, modRevision, version: 0, lease: '0' };
    this.#keys.get(order)?.append(kv);
    this.#leases.detach(state.lease, order);
    this.#pending.push({ type: 'delete', kv, prevKv: state });
  }

  #statesIn({ start, end }: OrderRange): KeyValue[] {
    const states: KeyValue[] = [];
    this.#keys.scan(start, end, (history) => {
      const state = history.present();
      if (state !== undefined) states.push(state);
      return true;
    });
    return states;
  }
}

function futureRevision(asked: number, present: number): GlobalctlError {
  return new GlobalctlError('ETCD_FUTURE_REVISION', {
    message: 'etcdserver: mvcc: required revision is a future revision',
    expected: `a revision of at most ${String(present)}`,
    found: String(asked),
  });
}

/** etcd's rule: within one branch no key may be put twice, nor be put and deleted. */
function refuseOverlappingWrites(ops: readonly Op[]): void {
  const puts = new Set<string>();
  const deleted: OrderRange[] = [];
  const refuse = (key: string): never => {
    throw new EtcdRefusal(
      'INVALID_ARGUMENT',
      'duplicate key given in txn request',
      Buffer.from(key, 'latin1').toString('utf8'),
    );
  };
  for (const op of ops) {
    if (op.type === 'deleteRange') deleted.push(orderRange(op));
    if (op.type !== 'put') continue;
    const key = orderKey(op.key);
    if (puts.has(key)) refuse(key);
    puts.add(key);
  }
  for (const key of puts) if (deleted.some((range) => inOrderRange(range, key))) refuse(key);
}
