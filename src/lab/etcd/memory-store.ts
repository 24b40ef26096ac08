import { GlobalctlError, systemClock, type Clock } from '../../base/index.ts';
import {
  EtcdCompactedError,
  EtcdRefusal,
  requireKey,
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
  type WatchRequest,
} from '../../etcd/index.ts';
import { needsAll, selectStates } from './answer-range.ts';
import { compareHolds } from './compare.ts';
import { KeyHistory, orderKey, orderRange, type OrderRange } from './key-history.ts';
import { Leases } from './leases.ts';
import { OrderedMap } from './ordered-map.ts';
import { ProgressTicker } from './progress-ticker.ts';
import { checkPut, checkTxn } from './request-rules.ts';
import { checkSize } from './request-size.ts';
import type { MaintainedStore, StoreImage, StoreUsage } from './store-image.ts';
import { WatchHub, type Change } from './watch-hub.ts';
import type { Watcher } from './watcher.ts';

const EMPTY = new Uint8Array(0);
/** How often leases are looked at; etcd does so twice a second as well. */
const LEASE_CHECK_MS = 500;

export interface MemoryStoreOptions {
  readonly clock?: Clock | undefined;
  /** How often watches that ask for it hear how far they are; ten minutes, as in etcd, when absent. */
  readonly progressIntervalMs?: number | undefined;
}

/** A transaction whose conditions are judged: the operations that will run. */
interface Judged {
  readonly succeeded: boolean;
  readonly ops: readonly (Exclude<Op, { type: 'txn' }> | Judged)[];
}

/**
 * etcd's data model in memory: every change makes a revision, past revisions stay readable until they are compacted.
 * Keys and values are kept as copies of their own: what callers hand in is often a slice of something larger.
 */
export class MemoryStore implements KeyValueStore, MaintainedStore {
  readonly leases: LeaseKeeper;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #progress: ProgressTicker;
  readonly #closed = new AbortController();
  /** Whether somebody looks after the leases. */
  #expiring = false;
  readonly #keys = new OrderedMap<KeyHistory>();
  readonly #hub = new WatchHub();
  /** Changes of the transaction that runs; they become one revision. */
  #pending: Change[] = [];
  #usedBytes = 0;
  #allocatedBytes = 0;

  constructor({ clock = systemClock, progressIntervalMs }: MemoryStoreOptions = {}) {
    this.#clock = clock;
    const leases = new Leases(clock);
    this.#leases = leases;
    this.#progress = new ProgressTicker(clock, this.#closed.signal, () => this.#hub.watchers(), progressIntervalMs);
    this.leases = {
      grant: async ({ ttlSeconds, id }) => {
        const granted = leases.grant(ttlSeconds, id);
        if (!this.#expiring) void this.#expireLeases();
        return granted;
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
    requireKey(request.key);
    return this.#range(request, this.revision);
  }

  async put(request: PutRequest): Promise<PutResponse> {
    checkPut(request);
    checkSize({ type: 'put', ...request });
    this.#leases.require(request.lease ?? '0');
    this.#requireKept(request);
    return this.#commit(() => this.#put(request));
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    requireKey(request.key);
    checkSize({ type: 'deleteRange', ...request });
    return this.#commit(() => this.#deleteRange(request));
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    checkTxn(request);
    checkSize({ type: 'txn', ...request });
    const judged = this.#judge(request);
    this.#checkPuts(judged);
    this.#checkReads(judged);
    return this.#commit(() => this.#run(judged));
  }

  watch(request: WatchRequest): Watcher {
    const watcher = this.#hub.watch(request);
    if (watcher.wantsProgress) this.#progress.start();
    return watcher;
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.revision) throw futureRevision(revision, this.revision);
    for (const key of this.#hub.compact(revision)) {
      const history = this.#keys.get(key);
      if (history === undefined) continue;
      const { left, freedBytes } = history.compact(revision);
      this.#usedBytes -= freedBytes;
      if (!left) this.#keys.delete(key);
    }
  }

  /** Everything that the store holds, as of now. */
  image(): StoreImage {
    const states: StoreImage['states'] = [];
    this.#keys.scan('', undefined, (history) => states.push(...history.states()) > 0);
    const leases = this.#leases.all();
    return { revision: this.revision, compactRevision: this.#hub.compactRevision, states, leases };
  }

  /** Bytes of all states that have not been compacted, and what they took at most since the last defragmentation. */
  usage(): StoreUsage {
    return { usedBytes: this.#usedBytes, allocatedBytes: this.#allocatedBytes };
  }

  /** Memory is freed by compaction already; what a file would still hold is given back here. */
  defragment(): void {
    this.#allocatedBytes = this.#usedBytes;
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

  /** All conditions, also those inside, look at the state before the first operation. */
  #judge({ compare, success, failure }: TxnRequest): Judged {
    const succeeded = compare.every((c) => compareHolds(c, this.#statesIn(orderRange(c))));
    const ops = succeeded ? success : failure;
    return { succeeded, ops: ops.map((op) => (op.type === 'txn' ? this.#judge(op) : op)) };
  }

  // What could fail half way through a transaction is refused before its first write; in etcd's order, as the first reason is told.

  #checkPuts({ ops }: Judged): void {
    for (const op of ops)
      if ('ops' in op) this.#checkPuts(op);
      else if (op.type === 'put') {
        this.#requireKept(op);
        this.#leases.require(op.lease ?? '0');
      }
  }

  #checkReads({ ops }: Judged): void {
    for (const op of ops)
      if ('ops' in op) this.#checkReads(op);
      else if (op.type === 'range') this.#readRevision(op.revision, this.revision);
  }

  /** Refuses to keep the value or lease of a key that does not exist. */
  #requireKept({ key, ignoreValue = false, ignoreLease = false }: PutRequest): void {
    if ((ignoreValue || ignoreLease) && this.#keys.get(orderKey(key))?.present() === undefined)
      throw new EtcdRefusal('INVALID_ARGUMENT', 'key not found');
  }

  #run({ succeeded, ops }: Judged): TxnResponse {
    const responses = ops.map((op): OpResponse => {
      // etcd gives the revision of a transaction only in the answer to the outermost one.
      if ('ops' in op) return { type: 'txn', ...this.#run(op), revision: 0 };
      switch (op.type) {
        case 'range':
          return { type: 'range', ...this.#range(op, this.#writeRevision) };
        case 'put':
          return { type: 'put', ...this.#put(op) };
        case 'deleteRange':
          return { type: 'deleteRange', ...this.#deleteRange(op) };
      }
    });
    return { succeeded, responses, revision: this.#writeRevision };
  }

  #commit<T>(work: () => T): T {
    const result = work();
    if (this.#pending.length > 0) {
      const changes = this.#pending;
      this.#pending = [];
      this.#hub.publish(changes);
    }
    return result;
  }

  /** The revision that the running transaction makes, or the present one while it has written nothing. */
  get #writeRevision(): number {
    return this.#pending.length > 0 ? this.revision + 1 : this.revision;
  }

  #readRevision(asked: number | undefined, present: number): number {
    if (asked === undefined || asked <= 0) return present;
    if (asked > present) throw futureRevision(asked, present);
    if (asked < this.#hub.compactRevision) throw new EtcdCompactedError(this.#hub.compactRevision);
    return asked;
  }

  #range(request: RangeRequest, present: number): RangeResponse {
    const at = this.#readRevision(request.revision, present);
    const { limit = 0, countOnly = false } = request;
    // One more than asked for tells whether more follow.
    const wanted = countOnly ? 0 : limit === 0 || needsAll(request) ? Infinity : limit + 1;
    const states: KeyValue[] = [];
    let count = 0;
    const { start, end } = orderRange(request);
    this.#keys.scan(start, end, (history) => {
      const state = at === present ? history.present() : history.at(at);
      if (state !== undefined && ++count <= wanted) states.push(state);
      return true;
    });
    return { ...selectStates(states, request), count, revision: present };
  }

  #put(request: PutRequest): PutResponse {
    const order = orderKey(request.key);
    let history = this.#keys.get(order);
    if (history === undefined) {
      history = new KeyHistory(order);
      this.#keys.set(order, history);
    }
    const prevKv = history.present();
    const modRevision = this.revision + 1;
    const kept = { value: request.ignoreValue === true, lease: request.ignoreLease === true };
    const kv: KeyValue = {
      // The bytes of the first put serve all versions.
      key: prevKv?.key ?? new Uint8Array(request.key),
      value: kept.value && prevKv ? prevKv.value : new Uint8Array(request.value),
      createRevision: prevKv?.createRevision ?? modRevision,
      modRevision,
      version: (prevKv?.version ?? 0) + 1,
      lease: kept.lease && prevKv ? prevKv.lease : (request.lease ?? '0'),
    };
    this.#append(history, kv);
    if (prevKv !== undefined) this.#leases.detach(prevKv.lease, history.order);
    this.#leases.attach(kv.lease, history.order);
    this.#pending.push({ order: history.order, event: { type: 'put', kv, ...(prevKv && { prevKv }) } });
    return { revision: modRevision, ...(request.prevKv === true && prevKv !== undefined && { prevKv }) };
  }

  #append(history: KeyHistory, state: KeyValue): void {
    this.#usedBytes += history.append(state, this.#pending.length);
    this.#allocatedBytes = Math.max(this.#allocatedBytes, this.#usedBytes);
  }

  #deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const states = this.#statesIn(orderRange(request));
    for (const state of states) this.#delete(state);
    const prevKvs = request.prevKv === true ? states : [];
    return { deleted: states.length, prevKvs, revision: this.#writeRevision };
  }

  #delete(state: KeyValue | undefined): void {
    if (state === undefined) return;
    const history = this.#keys.get(orderKey(state.key));
    if (history === undefined) return;
    const modRevision = this.revision + 1;
    const kv: KeyValue = { key: state.key, value: EMPTY, createRevision: 0, modRevision, version: 0, lease: '0' };
    this.#append(history, kv);
    this.#leases.detach(state.lease, history.order);
    this.#pending.push({ order: history.order, event: { type: 'delete', kv, prevKv: state } });
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
