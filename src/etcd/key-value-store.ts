import { GlobalctlError } from '../base/index.ts';

/**
 * One key at one revision. Keys and values are bytes and never change hands as text. Revisions are etcd's int64 numbers held
 * as JavaScript numbers, exact up to 2^53. `lease` is etcd's int64 lease id in decimal, `'0'` for none.
 */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Revision of the put that created the key (since its last deletion). */
  readonly createRevision: number;
  /** Revision of the last change. */
  readonly modRevision: number;
  /** 1 for a key just created, one more for every put; 0 in a deletion's `kv`. */
  readonly version: number;
  readonly lease: string;
}

/**
 * Which keys: `key` alone; or all keys in `[key, rangeEnd)`. A `rangeEnd` of one zero byte means all keys from `key` on.
 * `prefixRange` and `allKeys` build the usual ones.
 */
export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array | undefined;
}

export type SortTarget = 'key' | 'version' | 'createRevision' | 'modRevision' | 'value';

export interface RangeRequest extends KeyRange {
  /** State at this revision; the present when absent or 0. */
  readonly revision?: number | undefined;
  /** Keys at most, the first ones in the order asked for; all when absent or 0. */
  readonly limit?: number | undefined;
  /** The order of the answer; that of the keys when absent. */
  readonly sort?: { readonly target: SortTarget; readonly order: 'ascending' | 'descending' } | undefined;
  /** Only keys last changed, or created, at these revisions or between them; 0 or absent sets no bound. They do not change `count`. */
  readonly minModRevision?: number | undefined;
  readonly maxModRevision?: number | undefined;
  readonly minCreateRevision?: number | undefined;
  readonly maxCreateRevision?: number | undefined;
  /** The member that is asked may answer from what it has, without asking the others whether it is behind. */
  readonly serializable?: boolean | undefined;
  /** Values come back empty. */
  readonly keysOnly?: boolean | undefined;
  /** Only `count` comes back. */
  readonly countOnly?: boolean | undefined;
}

export interface RangeResponse {
  /** In the order asked for: without `sort`, that of the bytes of their keys. */
  readonly kvs: KeyValue[];
  /** Keys in the range, whatever the limit and the bounds on revisions. */
  readonly count: number;
  /** Whether the limit left keys out. */
  readonly more: boolean;
  /** The store's revision when it answered (not the revision asked for). */
  readonly revision: number;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease?: string | undefined;
  readonly prevKv?: boolean | undefined;
  /** Keep the present value (`value` must be empty), or the present lease (`lease` must be absent). The key must exist. */
  readonly ignoreValue?: boolean | undefined;
  readonly ignoreLease?: boolean | undefined;
}

export interface PutResponse {
  readonly revision: number;
  readonly prevKv?: KeyValue | undefined;
}

export interface DeleteRangeRequest extends KeyRange {
  readonly prevKv?: boolean | undefined;
}

export interface DeleteRangeResponse {
  readonly deleted: number;
  /** What was deleted, when asked for. */
  readonly prevKvs: KeyValue[];
  /** The store's revision; a deletion of nothing does not raise it. */
  readonly revision: number;
}

export type CompareResult = 'equal' | 'greater' | 'less' | 'notEqual';

/** A condition of a transaction. An absent key has version, createRevision and modRevision 0, and no value that equals anything. */
export type Compare = KeyRange & { readonly result: CompareResult } & (
    | { readonly target: 'version'; readonly version: number }
    | { readonly target: 'createRevision'; readonly createRevision: number }
    | { readonly target: 'modRevision'; readonly modRevision: number }
    | { readonly target: 'value'; readonly value: Uint8Array }
    | { readonly target: 'lease'; readonly lease: string }
  );

export type Op =
  | ({ readonly type: 'range' } & RangeRequest)
  | ({ readonly type: 'put' } & PutRequest)
  | ({ readonly type: 'deleteRange' } & DeleteRangeRequest)
  | ({ readonly type: 'txn' } & TxnRequest);

export type OpResponse =
  | ({ readonly type: 'range' } & RangeResponse)
  | ({ readonly type: 'put' } & PutResponse)
  | ({ readonly type: 'deleteRange' } & DeleteRangeResponse)
  | ({ readonly type: 'txn' } & TxnResponse);

/** Conditions, also those of transactions inside, are judged by the state before the first operation. */
export interface TxnRequest {
  /** All must hold for `success` to run. */
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure: readonly Op[];
}

export interface TxnResponse {
  readonly succeeded: boolean;
  /** One for each operation that ran, in order. */
  readonly responses: OpResponse[];
  /** 0 for a transaction inside another. */
  readonly revision: number;
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  /** For a deletion: the key, `modRevision` of the deletion, an empty value and version 0. */
  readonly kv: KeyValue;
  /** The state before, when asked for and not yet compacted away. */
  readonly prevKv?: KeyValue | undefined;
}

export interface WatchBatch {
  /** In revision order. All events of one revision are in one batch. Empty in a progress notification. */
  readonly events: WatchEvent[];
  /** Everything up to this revision has been seen by this watch. */
  readonly revision: number;
  readonly progress?: boolean | undefined;
}

export interface WatchRequest extends KeyRange {
  /** First revision that is wanted; when absent, what happens after the store has taken the request. */
  readonly startRevision?: number | undefined;
  readonly prevKv?: boolean | undefined;
  /** Leave out puts, or deletions. */
  readonly noPut?: boolean | undefined;
  readonly noDelete?: boolean | undefined;
  /** Ask for batches without events, from time to time, that say how far the watch is. */
  readonly progressNotify?: boolean | undefined;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
}

/** A watch. Leaving the loop that reads it ends it. */
export interface Watch extends AsyncIterable<WatchBatch> {
  /**
   * Asks for a batch without events that says how far this watch is. A watch that is still reading the past may leave the
   * question unanswered.
   */
  requestProgress(): void;
}

export interface LeaseState {
  readonly id: string;
  readonly grantedTtlSeconds: number;
  readonly remainingSeconds: number;
  /** What hangs on the lease. */
  readonly keys: readonly Uint8Array[];
}

/** The leases of a store: keys that are put under one are deleted with it, when it is revoked or nobody kept it alive. */
export interface LeaseKeeper {
  /** A real etcd raises times below its election timeout. `id` is chosen by the store when absent or `'0'`. */
  grant(request: {
    readonly ttlSeconds: number;
    readonly id?: string | undefined;
  }): Promise<{ readonly id: string; readonly ttlSeconds: number }>;
  /** Starts the lease's time anew. Resolves with that time in seconds; 0 when there is no such lease. */
  keepAlive(id: string): Promise<number>;
  /** undefined when there is no such lease. */
  state(id: string): Promise<LeaseState | undefined>;
  ids(): Promise<string[]>;
  /** Ends a lease and deletes, at one revision, what hangs on it. Throws ETCD_REQUEST when there is no such lease. */
  revoke(id: string): Promise<void>;
}

/**
 * etcd v3 as this project uses it. The lab's in-process store and the client of a real etcd both implement it, and one contract
 * suite holds them together. Every method throws ETCD_UNREACHABLE when no member answers and ETCD_REQUEST for an answer that
 * is an error; reads of compacted revisions throw EtcdCompactedError, reads of the future ETCD_FUTURE_REVISION.
 */
export interface KeyValueStore {
  range(request: RangeRequest): Promise<RangeResponse>;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  /** All operations happen at one revision. */
  txn(request: TxnRequest): Promise<TxnResponse>;
  /**
   * The watch begins at this call, not at the first read of the iterable; leaving the loop ends it. The iteration throws
   * EtcdCompactedError when `startRevision` is compacted, ETCD_UNREACHABLE when the connection is lost.
   */
  watch(request: WatchRequest): Watch;
  readonly leases: LeaseKeeper;
  /** Forgets all states before `revision`; with `physical`, answers when their space is free. */
  compact(revision: number, options?: { readonly physical?: boolean | undefined }): Promise<void>;
  /** Ends all watches and frees what the store holds. */
  close(): Promise<void>;
}

/** The revision asked for is older than what the store remembers. */
export class EtcdCompactedError extends GlobalctlError {
  /** The oldest revision that can still be read; 0 when the server did not say. */
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super('ETCD_COMPACTED', {
      message: 'the revision asked for has been compacted',
      ...(compactRevision > 0 && { expected: `a revision of at least ${String(compactRevision)}` }),
    });
    this.compactRevision = compactRevision;
  }
}
