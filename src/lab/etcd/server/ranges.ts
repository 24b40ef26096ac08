import type { KeyValue, KeyValueStore, PutRequest, RangeResponse } from '../../../etcd/index.ts';
import { putFromWire, rangeFromWire, toNumber } from '../../../etcd/wire/convert.ts';
import type { Int64, WirePutRequest, WireRangeRequest } from '../../../etcd/wire/messages.ts';
import { EtcdRefusal } from '../refusal.ts';

const DESCENDING = 2;

/** By what a range may be sorted; positions are the protocol's numbers. */
const SORT_KEYS: readonly ((a: KeyValue, b: KeyValue) => number)[] = [
  (a, b) => Buffer.compare(a.key, b.key),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => Buffer.compare(a.value, b.value),
];

/** The store's revision, asked for with a read of a key that cannot be many. */
export async function presentRevision(store: KeyValueStore): Promise<number> {
  return (await store.range({ key: new Uint8Array([0]), countOnly: true })).revision;
}

/** Answers a range request with the orders and revision filters that the protocol adds to what a store does. */
export async function answerRange(store: KeyValueStore, wire: WireRangeRequest<Int64>): Promise<RangeResponse> {
  const request = rangeFromWire(wire);
  if (request.key.length === 0) throw new EtcdRefusal('INVALID_ARGUMENT', 'key is not provided');
  const [minMod, maxMod] = [toNumber(wire.minModRevision), toNumber(wire.maxModRevision)];
  const [minCreate, maxCreate] = [toNumber(wire.minCreateRevision), toNumber(wire.maxCreateRevision)];
  const { sortOrder = 0, sortTarget = 0 } = wire;
  const filtered = minMod + maxMod + minCreate + maxCreate > 0;
  const sorted = sortTarget > 0 || sortOrder === DESCENDING;
  if (!filtered && !sorted) return store.range(request);
  // Values are read even for keysOnly: they may be what the range is sorted by.
  const { limit = 0, keysOnly = false } = request;
  const all = await store.range({ ...request, limit: 0, keysOnly: false });
  const within = (revision: number, min: number, max: number): boolean =>
    revision >= min && (max === 0 || revision <= max);
  const kvs = all.kvs.filter(
    (kv) => within(kv.modRevision, minMod, maxMod) && within(kv.createRevision, minCreate, maxCreate),
  );
  const order = SORT_KEYS[sortTarget];
  if (order === undefined) throw new EtcdRefusal('INVALID_ARGUMENT', 'invalid sort option');
  if (sorted) kvs.sort((a, b) => (sortOrder === DESCENDING ? order(b, a) : order(a, b)));
  const page = limit > 0 ? kvs.slice(0, limit) : kvs;
  const shown = keysOnly ? page.map((kv) => ({ ...kv, value: new Uint8Array(0) })) : page;
  return { ...all, kvs: shown, more: page.length < kvs.length };
}

/** The put that is meant: with the present value or lease filled in where the request says to keep it. */
export async function completePut(store: KeyValueStore, wire: WirePutRequest<Int64>): Promise<PutRequest> {
  const request = putFromWire(wire);
  if (request.key.length === 0) throw new EtcdRefusal('INVALID_ARGUMENT', 'key is not provided');
  if (wire.ignoreValue !== true && wire.ignoreLease !== true) return request;
  const [present] = (await store.range({ key: request.key })).kvs;
  if (present === undefined) throw new EtcdRefusal('INVALID_ARGUMENT', 'key not found');
  return {
    ...request,
    ...(wire.ignoreValue === true && { value: present.value }),
    ...(wire.ignoreLease === true && { lease: present.lease }),
  };
}
