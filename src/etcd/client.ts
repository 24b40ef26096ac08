import { EtcdConnection, type EtcdConnectionOptions } from './connection.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValueStore,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchRequest,
} from './key-value-store.ts';
import { LeaseClient } from './lease-client.ts';
import { openWatch } from './watch-stream.ts';
import {
  deleteRangeResponseFromWire,
  deleteRangeToWire,
  headerRevision,
  putResponseFromWire,
  putToWire,
  rangeResponseFromWire,
  rangeToWire,
  toNumber,
} from './wire/convert.ts';
import { txnResponseFromWire, txnToWire } from './wire/convert-txn.ts';
import { methods } from './wire/methods.ts';

/** What a member says about itself. */
export interface EtcdStatus {
  readonly version: string;
  readonly dbSizeBytes: number;
  readonly revision: number;
  /** Decimal member ids; equal when the member that answered leads. */
  readonly leader: string;
  readonly member: string;
  readonly errors: readonly string[];
  /** Decimal id of the cluster: the same for its members for as long as it lives, another after a restore. */
  readonly cluster: string;
}

/** A client of a real etcd. Made by `connectEtcd`. */
export class EtcdClient implements KeyValueStore {
  readonly leases: LeaseClient;
  readonly #connection: EtcdConnection;
  readonly #watches = new AbortController();

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
    this.leases = new LeaseClient(connection);
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    return rangeResponseFromWire(await this.#connection.call(methods.range, rangeToWire(request), true));
  }

  async put(request: PutRequest): Promise<PutResponse> {
    return putResponseFromWire(await this.#connection.call(methods.put, putToWire(request), false));
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    const answer = await this.#connection.call(methods.deleteRange, deleteRangeToWire(request), false);
    return deleteRangeResponseFromWire(answer);
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    return txnResponseFromWire(await this.#connection.call(methods.txn, txnToWire(request), false));
  }

  watch(request: WatchRequest): Watch {
    const signal = AbortSignal.any([request.signal, this.#watches.signal]);
    return openWatch(this.#connection, { ...request, signal });
  }

  async compact(revision: number, { physical = false }: { physical?: boolean | undefined } = {}): Promise<void> {
    // Not on another member: one that was lost on the way may have compacted, and the next one would then refuse.
    await this.#connection.call(methods.compact, { revision, physical }, false);
  }

  /** Throws ETCD_UNREACHABLE when no member answers. */
  async status(): Promise<EtcdStatus> {
    const status = await this.#connection.call(methods.status, {}, true);
    return {
      version: status.version,
      dbSizeBytes: toNumber(status.dbSize),
      revision: headerRevision(status.header),
      leader: status.leader.toString(),
      member: status.header?.memberId?.toString() ?? '0',
      errors: status.errors,
      cluster: status.header?.clusterId?.toString() ?? '0',
    };
  }

  close(): Promise<void> {
    this.#watches.abort();
    this.#connection.close();
    return Promise.resolve();
  }
}

/** Connects to an etcd. Throws ETCD_UNREACHABLE when no endpoint answers in time. */
export async function connectEtcd(options: EtcdConnectionOptions): Promise<EtcdClient> {
  return new EtcdClient(await EtcdConnection.open(options));
}
