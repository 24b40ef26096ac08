/**
 * The decoded messages of the wire. int64 fields arrive as objects of 64 bits and are sent as numbers or decimal text; absent
 * message fields are null or missing.
 */

/** A 64-bit integer as it is decoded. */
export interface Int64 {
  toNumber(): number;
  toString(): string;
}

export type SentInt64 = number | string;

export interface WireKeyValue<I> {
  key: Uint8Array;
  value: Uint8Array;
  createRevision: I;
  modRevision: I;
  version: I;
  lease: I;
}

export interface WireHeader<I> {
  clusterId?: I;
  memberId?: I;
  revision: I;
  raftTerm?: I;
}

export interface WireRangeRequest<I> {
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  limit?: I;
  revision?: I;
  sortOrder?: number;
  sortTarget?: number;
  serializable?: boolean;
  keysOnly?: boolean;
  countOnly?: boolean;
  minModRevision?: I;
  maxModRevision?: I;
  minCreateRevision?: I;
  maxCreateRevision?: I;
}

export interface WireRangeResponse<I> {
  header?: WireHeader<I> | null;
  kvs: WireKeyValue<I>[];
  more: boolean;
  count: I;
}

export interface WirePutRequest<I> {
  key: Uint8Array;
  value: Uint8Array;
  lease?: I;
  prevKv?: boolean;
  ignoreValue?: boolean;
  ignoreLease?: boolean;
}

export interface WirePutResponse<I> {
  header?: WireHeader<I> | null;
  prevKv?: WireKeyValue<I> | null;
}

export interface WireDeleteRangeRequest {
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  prevKv?: boolean;
}

export interface WireDeleteRangeResponse<I> {
  header?: WireHeader<I> | null;
  deleted: I;
  prevKvs: WireKeyValue<I>[];
}

export interface WireRequestOp<I> {
  requestRange?: WireRangeRequest<I> | null;
  requestPut?: WirePutRequest<I> | null;
  requestDeleteRange?: WireDeleteRangeRequest | null;
  requestTxn?: WireTxnRequest<I> | null;
}

export interface WireResponseOp<I> {
  responseRange?: WireRangeResponse<I> | null;
  responsePut?: WirePutResponse<I> | null;
  responseDeleteRange?: WireDeleteRangeResponse<I> | null;
  responseTxn?: WireTxnResponse<I> | null;
}

export interface WireCompare<I> {
  result: number;
  target: number;
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  version?: I;
  createRevision?: I;
  modRevision?: I;
  value?: Uint8Array;
  lease?: I;
}

export interface WireTxnRequest<I> {
  compare: WireCompare<I>[];
  success: WireRequestOp<I>[];
  failure: WireRequestOp<I>[];
}

export interface WireTxnResponse<I> {
  header?: WireHeader<I> | null;
  succeeded: boolean;
  responses: WireResponseOp<I>[];
}

export interface WireEvent<I> {
  /** 0 for a put, 1 for a deletion. */
  type: number;
  kv?: WireKeyValue<I> | null;
  prevKv?: WireKeyValue<I> | null;
}

export interface WireWatchCreate<I> {
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  startRevision?: I;
  progressNotify?: boolean;
  filters?: number[];
  prevKv?: boolean;
  watchId?: I;
  fragment?: boolean;
}

export interface WireWatchRequest<I> {
  createRequest?: WireWatchCreate<I> | null;
  cancelRequest?: { watchId: I } | null;
  progressRequest?: object | null;
}

export interface WireWatchResponse<I> {
  header?: WireHeader<I> | null;
  watchId: I;
  created?: boolean;
  canceled?: boolean;
  compactRevision?: I;
  cancelReason?: string;
  fragment?: boolean;
  events: WireEvent<I>[];
}

export interface WireStatusResponse<I> {
  header?: WireHeader<I> | null;
  version: string;
  dbSize: I;
  leader: I;
  raftIndex: I;
  raftTerm: I;
  raftAppliedIndex: I;
  errors: string[];
  dbSizeInUse: I;
  isLearner: boolean;
}
