import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  SortTarget,
} from '../key-value-store.ts';
import { EtcdRefusal } from '../refusal.ts';
import type {
  Int64,
  SentInt64,
  WireDeleteRangeRequest,
  WireDeleteRangeResponse,
  WireHeader,
  WireKeyValue,
  WirePutRequest,
  WirePutResponse,
  WireRangeRequest,
  WireRangeResponse,
} from './messages.ts';

/** Numbers of the protocol's enumerations, by position. */
const SORT_TARGETS: readonly SortTarget[] = ['key', 'version', 'createRevision', 'modRevision', 'value'];
const ASCENDING = 1;
const DESCENDING = 2;

const EMPTY = new Uint8Array(0);

/** Absent bytes are decoded as an empty list. */
export function bytes(data: Uint8Array | undefined): Uint8Array {
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

export function rangeEnd(range: { rangeEnd?: Uint8Array | undefined }): { rangeEnd?: Uint8Array } {
  return range.rangeEnd === undefined || range.rangeEnd.length === 0 ? {} : { rangeEnd: range.rangeEnd };
}

// What a client sends and a server reads.

export function rangeToWire(request: RangeRequest): WireRangeRequest<SentInt64> {
  const { key, limit = 0, revision = 0, keysOnly = false, countOnly = false, serializable = false, sort } = request;
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request;
  return {
    ...{ key, ...rangeEnd(request), limit, revision, keysOnly, countOnly, serializable },
    ...{ minModRevision, maxModRevision, minCreateRevision, maxCreateRevision },
    ...(sort && {
      sortTarget: SORT_TARGETS.indexOf(sort.target),
      sortOrder: sort.order === 'descending' ? DESCENDING : ASCENDING,
    }),
  };
}

export function rangeFromWire(wire: WireRangeRequest<Int64>): RangeRequest {
  return {
    key: bytes(wire.key),
    ...rangeEnd(wire),
    limit: toNumber(wire.limit),
    revision: toNumber(wire.revision),
    keysOnly: wire.keysOnly ?? false,
    countOnly: wire.countOnly ?? false,
    serializable: wire.serializable ?? false,
    minModRevision: toNumber(wire.minModRevision),
    maxModRevision: toNumber(wire.maxModRevision),
    minCreateRevision: toNumber(wire.minCreateRevision),
    maxCreateRevision: toNumber(wire.maxCreateRevision),
    sort: sortFromWire(wire),
  };
}

/** undefined for the order of the keys, in which a range is read anyway. */
function sortFromWire({ sortTarget = 0, sortOrder = 0 }: WireRangeRequest<Int64>): RangeRequest['sort'] {
  const target = SORT_TARGETS[sortTarget];
  if (target === undefined || sortOrder < 0 || sortOrder > DESCENDING)
    throw new EtcdRefusal('INVALID_ARGUMENT', 'invalid sort option');
  if (sortOrder === DESCENDING) return { target, order: 'descending' };
  return target === 'key' ? undefined : { target, order: 'ascending' };
}

export function putToWire(request: PutRequest): WirePutRequest<SentInt64> {
  const { key, value, lease, prevKv = false, ignoreValue = false, ignoreLease = false } = request;
  return { key, value, prevKv, ignoreValue, ignoreLease, ...(lease !== undefined && { lease }) };
}

/** Key and value are views of the whole message; a store that keeps them copies them. */
export function putFromWire(wire: WirePutRequest<Int64>): PutRequest {
  return {
    key: bytes(wire.key),
    value: bytes(wire.value),
    lease: wire.lease?.toString() ?? '0',
    prevKv: wire.prevKv ?? false,
    ignoreValue: wire.ignoreValue ?? false,
    ignoreLease: wire.ignoreLease ?? false,
  };
}

export function deleteRangeToWire(request: DeleteRangeRequest): WireDeleteRangeRequest {
  return { key: request.key, ...rangeEnd(request), prevKv: request.prevKv ?? false };
}

export function deleteRangeFromWire(wire: WireDeleteRangeRequest): DeleteRangeRequest {
  return { key: bytes(wire.key), ...rangeEnd(wire), prevKv: wire.prevKv ?? false };
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
