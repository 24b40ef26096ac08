import { GlobalctlError } from '../../base/index.ts';
import type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  Op,
  OpResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from '../key-value-store.ts';
import type {
  Int64,
  SentInt64,
  WireCompare,
  WireDeleteRangeRequest,
  WireDeleteRangeResponse,
  WireHeader,
  WireKeyValue,
  WirePutRequest,
  WirePutResponse,
  WireRangeRequest,
  WireRangeResponse,
  WireRequestOp,
  WireResponseOp,
  WireTxnRequest,
  WireTxnResponse,
} from './messages.ts';

/** Numbers of the protocol's enumerations, by position. */
const RESULTS: readonly CompareResult[] = ['equal', 'greater', 'less', 'notEqual'];
const TARGETS: readonly Compare['target'][] = ['version', 'createRevision', 'modRevision', 'value', 'lease'];

const EMPTY = new Uint8Array(0);

function bytes(data: Uint8Array | undefined): Uint8Array {
  return data === undefined || data.length === 0 ? EMPTY : data;
}

/** A decoded 64-bit integer as a number; 0 when absent. */
export function toNumber(value: Int64 | number | undefined | null): number {
  if (value === undefined || value === null) return 0;
  return typeof value === 'number' ? value : value.toNumber();
}

export function headerRevision(header: WireHeader<Int64> | undefined | null): number {
  return toNumber(header?.revision);
}

function rangeEnd(range: { rangeEnd?: Uint8Array | undefined }): { rangeEnd?: Uint8Array } {
  return range.rangeEnd === undefined || range.rangeEnd.length === 0 ? {} : { rangeEnd: range.rangeEnd };
}

// What a client sends and a server reads.

export function rangeToWire(request: RangeRequest): WireRangeRequest<SentInt64> {
  const { key, limit = 0, revision = 0, keysOnly = false, countOnly = false } = request;
  return { key, ...rangeEnd(request), limit, revision, keysOnly, countOnly };
}

export function rangeFromWire(wire: WireRangeRequest<Int64>): RangeRequest {
  return {
    key: bytes(wire.key),
    ...rangeEnd(wire),
    limit: toNumber(wire.limit),
    revision: toNumber(wire.revision),
    keysOnly: wire.keysOnly ?? false,
    countOnly: wire.countOnly ?? false,
  };
}

export function putToWire({ key, value, lease, prevKv = false }: PutRequest): WirePutRequest<SentInt64> {
  return { key, value, prevKv, ...(lease !== undefined && { lease }) };
}

export function putFromWire(wire: WirePutRequest<Int64>): PutRequest {
  // Copies: the decoded bytes are views of the whole message, which a store would otherwise keep alive.
  const key = Uint8Array.from(wire.key);
  const value = Uint8Array.from(wire.value);
  return { key, value, lease: wire.lease?.toString() ?? '0', prevKv: wire.prevKv ?? false };
}

export function deleteRangeToWire(request: DeleteRangeRequest): WireDeleteRangeRequest {
  return { key: request.key, ...rangeEnd(request), prevKv: request.prevKv ?? false };
}

export function deleteRangeFromWire(wire: WireDeleteRangeRequest): DeleteRangeRequest {
  return { key: bytes(wire.key), ...rangeEnd(wire), prevKv: wire.prevKv ?? false };
}

function compareToWire({ key, result, target, rangeEnd: end, ...operand }: Compare): WireCompare<SentInt64> {
  const range = { key, ...rangeEnd({ rangeEnd: end }) };
  return { ...range, result: RESULTS.indexOf(result), target: TARGETS.indexOf(target), ...operand };
}

function compareFromWire(wire: WireCompare<Int64>): Compare {
  const result = RESULTS[wire.result];
  const target = TARGETS[wire.target];
  if (result === undefined || target === undefined)
    throw new GlobalctlError('ETCD_REQUEST', { message: 'etcdserver: unknown comparison in txn request' });
  const base = { key: bytes(wire.key), ...rangeEnd(wire), result };
  switch (target) {
    case 'version':
      return { ...base, target, version: toNumber(wire.version) };
    case 'createRevision':
      return { ...base, target, createRevision: toNumber(wire.createRevision) };
    case 'modRevision':
      return { ...base, target, modRevision: toNumber(wire.modRevision) };
    case 'value':
      return { ...base, target, value: bytes(wire.value) };
    case 'lease':
      return { ...base, target, lease: wire.lease?.toString() ?? '0' };
  }
}

function opToWire(op: Op): WireRequestOp<SentInt64> {
  switch (op.type) {
    case 'range':
      return { requestRange: rangeToWire(op) };
    case 'put':
      return { requestPut: putToWire(op) };
    case 'deleteRange':
      return { requestDeleteRange: deleteRangeToWire(op) };
  }
}

function opFromWire(wire: WireRequestOp<Int64>): Op {
  if (wire.requestRange) return { type: 'range', ...rangeFromWire(wire.requestRange) };
  if (wire.requestPut) return { type: 'put', ...putFromWire(wire.requestPut) };
  if (wire.requestDeleteRange) return { type: 'deleteRange', ...deleteRangeFromWire(wire.requestDeleteRange) };
  throw new GlobalctlError('ETCD_REQUEST', { message: 'nested transactions are not supported' });
}

export function txnToWire({ compare, success, failure }: TxnRequest): WireTxnRequest<SentInt64> {
  return { compare: compare.map(compareToWire), success: success.map(opToWire), failure: failure.map(opToWire) };
}

export function txnFromWire({ compare, success, failure }: WireTxnRequest<Int64>): TxnRequest {
  return { compare: compare.map(compareFromWire), success: success.map(opFromWire), failure: failure.map(opFromWire) };
}

// What a server sends and a client reads.

export function keyValueFromWire(wire: WireKeyValue<Int64>): KeyValue {
  return {
    key: bytes(wire.key),
    value: bytes(wire.value),
    createRevision: toNumber(wire.createRevision),
    modRevision: toNumber(wire.modRevision),
    version: toNumber(wire.version),
    lease: wire.lease.toString(),
  };
}

export function keyValueToWire(kv: KeyValue): WireKeyValue<SentInt64> {
  return kv;
}

export function rangeResponseFromWire(wire: WireRangeResponse<Int64>): RangeResponse {
  return {
    kvs: wire.kvs.map(keyValueFromWire),
    count: toNumber(wire.count),
    more: wire.more,
    revision: headerRevision(wire.header),
  };
}

export function rangeResponseToWire({ kvs, count, more, revision }: RangeResponse): WireRangeResponse<SentInt64> {
  return { header: { revision }, kvs: kvs.map(keyValueToWire), more, count };
}

export function putResponseFromWire({ header, prevKv }: WirePutResponse<Int64>): PutResponse {
  return { revision: headerRevision(header), ...(prevKv && { prevKv: keyValueFromWire(prevKv) }) };
}

export function putResponseToWire({ revision, prevKv }: PutResponse): WirePutResponse<SentInt64> {
  return { header: { revision }, ...(prevKv && { prevKv: keyValueToWire(prevKv) }) };
}

export function deleteRangeResponseFromWire(wire: WireDeleteRangeResponse<Int64>): DeleteRangeResponse {
  return {
    deleted: toNumber(wire.deleted),
    prevKvs: wire.prevKvs.map(keyValueFromWire),
    revision: headerRevision(wire.header),
  };
}

export function deleteRangeResponseToWire(response: DeleteRangeResponse): WireDeleteRangeResponse<SentInt64> {
  const { revision, deleted, prevKvs } = response;
  return { header: { revision }, deleted, prevKvs: prevKvs.map(keyValueToWire) };
}

function opResponseFromWire(wire: WireResponseOp<Int64>): OpResponse {
  if (wire.responseRange) return { type: 'range', ...rangeResponseFromWire(wire.responseRange) };
  if (wire.responsePut) return { type: 'put', ...putResponseFromWire(wire.responsePut) };
  if (wire.responseDeleteRange)
    return { type: 'deleteRange', ...deleteRangeResponseFromWire(wire.responseDeleteRange) };
  throw new GlobalctlError('ETCD_REQUEST', {
    message: 'etcd answered a transaction with an operation of an unknown kind',
  });
}

function opResponseToWire(response: OpResponse): WireResponseOp<SentInt64> {
  switch (response.type) {
    case 'range':
      return { responseRange: rangeResponseToWire(response) };
    case 'put':
      return { responsePut: putResponseToWire(response) };
    case 'deleteRange':
      return { responseDeleteRange: deleteRangeResponseToWire(response) };
  }
}

export function txnResponseFromWire({ header, succeeded, responses }: WireTxnResponse<Int64>): TxnResponse {
  return { succeeded, responses: responses.map(opResponseFromWire), revision: headerRevision(header) };
}

export function txnResponseToWire({ revision, succeeded, responses }: TxnResponse): WireTxnResponse<SentInt64> {
  return { header: { revision }, succeeded, responses: responses.map(opResponseToWire) };
}
