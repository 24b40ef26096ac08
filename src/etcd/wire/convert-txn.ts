import { GlobalctlError } from '../../base/index.ts';
import type { Compare, CompareResult, Op, OpResponse, TxnRequest, TxnResponse } from '../key-value-store.ts';
import { EtcdRefusal } from '../refusal.ts';
import {
  bytes,
  deleteRangeFromWire,
  deleteRangeResponseFromWire,
  deleteRangeResponseToWire,
  deleteRangeToWire,
  headerRevision,
  putFromWire,
  putResponseFromWire,
  putResponseToWire,
  putToWire,
  rangeEnd,
  rangeFromWire,
  rangeResponseFromWire,
  rangeResponseToWire,
  rangeToWire,
  toNumber,
} from './convert.ts';
import type {
  Int64,
  SentInt64,
  WireCompare,
  WireRequestOp,
  WireResponseOp,
  WireTxnRequest,
  WireTxnResponse,
} from './messages.ts';

/** Numbers of the protocol's enumerations, by position. */
const RESULTS: readonly CompareResult[] = ['equal', 'greater', 'less', 'notEqual'];
const TARGETS: readonly Compare['target'][] = ['version', 'createRevision', 'modRevision', 'value', 'lease'];

function compareToWire({ key, result, target, rangeEnd: end, ...operand }: Compare): WireCompare<SentInt64> {
  const range = { key, ...rangeEnd({ rangeEnd: end }) };
  return { ...range, result: RESULTS.indexOf(result), target: TARGETS.indexOf(target), ...operand };
}

function compareFromWire(wire: WireCompare<Int64>): Compare {
  const result = RESULTS[wire.result];
  const target = TARGETS[wire.target];
  if (result === undefined || target === undefined)
    throw new EtcdRefusal('INVALID_ARGUMENT', 'unknown comparison in txn request');
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
    case 'txn':
      return { requestTxn: txnToWire(op) };
  }
}

function opFromWire(wire: WireRequestOp<Int64>): Op {
  if (wire.requestRange) return { type: 'range', ...rangeFromWire(wire.requestRange) };
  if (wire.requestPut) return { type: 'put', ...putFromWire(wire.requestPut) };
  if (wire.requestDeleteRange) return { type: 'deleteRange', ...deleteRangeFromWire(wire.requestDeleteRange) };
  if (wire.requestTxn) return { type: 'txn', ...txnFromWire(wire.requestTxn) };
  // So etcd answers to an operation that says nothing.
  throw new EtcdRefusal('INVALID_ARGUMENT', 'key not found');
}

export function txnToWire({ compare, success, failure }: TxnRequest): WireTxnRequest<SentInt64> {
  return { compare: compare.map(compareToWire), success: success.map(opToWire), failure: failure.map(opToWire) };
}

export function txnFromWire({ compare, success, failure }: WireTxnRequest<Int64>): TxnRequest {
  return { compare: compare.map(compareFromWire), success: success.map(opFromWire), failure: failure.map(opFromWire) };
}

function opResponseFromWire(wire: WireResponseOp<Int64>): OpResponse {
  if (wire.responseRange) return { type: 'range', ...rangeResponseFromWire(wire.responseRange) };
  if (wire.responsePut) return { type: 'put', ...putResponseFromWire(wire.responsePut) };
  if (wire.responseDeleteRange)
    return { type: 'deleteRange', ...deleteRangeResponseFromWire(wire.responseDeleteRange) };
  if (wire.responseTxn) return { type: 'txn', ...txnResponseFromWire(wire.responseTxn) };
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
    case 'txn':
      return { responseTxn: txnResponseToWire(response) };
  }
}

export function txnResponseFromWire({ header, succeeded, responses }: WireTxnResponse<Int64>): TxnResponse {
  return { succeeded, responses: responses.map(opResponseFromWire), revision: headerRevision(header) };
}

export function txnResponseToWire({ revision, succeeded, responses }: TxnResponse): WireTxnResponse<SentInt64> {
  return { header: { revision }, succeeded, responses: responses.map(opResponseToWire) };
}
