import type { KeyValue, RangeRequest, SortTarget } from '../../etcd/index.ts';

const EMPTY = new Uint8Array(0);

const ORDERS: Readonly<Record<SortTarget, (a: KeyValue, b: KeyValue) => number>> = {
  key: (a, b) => Buffer.compare(a.key, b.key),
  version: (a, b) => a.version - b.version,
  createRevision: (a, b) => a.createRevision - b.createRevision,
  modRevision: (a, b) => a.modRevision - b.modRevision,
  value: (a, b) => Buffer.compare(a.value, b.value),
};

/** Whether every key of the range must be looked at before the first can be told. */
export function needsAll(request: RangeRequest): boolean {
  return (
    request.sort !== undefined ||
    [request.minModRevision, request.maxModRevision, request.minCreateRevision, request.maxCreateRevision].some(
      (bound) => bound !== undefined && bound !== 0,
    )
  );
}

function within(revision: number, min = 0, max = 0): boolean {
  return revision >= min && (max === 0 || revision <= max);
}

/** Which of the states of a range an answer shows, in which order. `more` says whether the limit left any out. */
export function selectStates(
  states: readonly KeyValue[],
  request: RangeRequest,
): { readonly kvs: KeyValue[]; readonly more: boolean } {
  const { sort, limit = 0, keysOnly = false } = request;
  const kvs = needsAll(request)
    ? states.filter(
        (kv) =>
          within(kv.modRevision, request.minModRevision, request.maxModRevision) &&
          within(kv.createRevision, request.minCreateRevision, request.maxCreateRevision),
      )
    : [...states];
  if (sort !== undefined) {
    const order = ORDERS[sort.target];
    kvs.sort(sort.order === 'descending' ? (a, b) => order(b, a) : order);
  }
  const more = limit > 0 && kvs.length > limit;
  if (more) kvs.length = limit;
  return { kvs: keysOnly ? kvs.map((kv) => ({ ...kv, value: EMPTY })) : kvs, more };
}
