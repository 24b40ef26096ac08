import {
  EtcdRefusal,
  type Compare,
  type DeleteRangeRequest,
  type Op,
  type PutRequest,
  type RangeRequest,
  type TxnRequest,
} from '../../etcd/index.ts';

/** etcd's default for `--max-request-bytes`. */
export const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

/** etcd weighs the entry of its log: the request in its field, after a header with an id of eight random bytes. */
const ENTRY_HEADER_BYTES = 13;

function varint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest /= 0x80) bytes++;
  return bytes;
}

/** A field of `length` bytes; its number is below 16 unless `tagBytes` says otherwise. */
function field(length: number, tagBytes = 1): number {
  return tagBytes + varint(length) + length;
}

const bytes = (data: Uint8Array | undefined): number =>
  data === undefined || data.length === 0 ? 0 : field(data.length);
const int = (value: number | undefined): number => (value === undefined || value === 0 ? 0 : 1 + varint(value));
const flag = (value: boolean | undefined): number => (value === true ? 2 : 0);
const lease = (id: string | undefined): number => (id === undefined ? 0 : int(Number(id)));

function putBytes(put: PutRequest): number {
  const flags = flag(put.prevKv) + flag(put.ignoreValue) + flag(put.ignoreLease);
  return bytes(put.key) + bytes(put.value) + lease(put.lease) + flags;
}

function deleteBytes({ key, rangeEnd, prevKv }: DeleteRangeRequest): number {
  return bytes(key) + bytes(rangeEnd) + flag(prevKv);
}

function rangeBytes(range: RangeRequest): number {
  const bounds = [range.minModRevision, range.maxModRevision, range.minCreateRevision, range.maxCreateRevision];
  return (
    bytes(range.key) +
    bytes(range.rangeEnd) +
    int(range.limit) +
    int(range.revision) +
    (range.sort === undefined ? 0 : 4) +
    flag(range.serializable) +
    flag(range.keysOnly) +
    flag(range.countOnly) +
    bounds.reduce<number>((sum, bound) => sum + int(bound), 0)
  );
}

function compareBytes(compare: Compare): number {
  // The operand is sent even when it is zero; result and target are not.
  const operand =
    compare.target === 'value'
      ? field(compare.value.length)
      : 1 + varint(compare.target === 'lease' ? Number(compare.lease) : revisionOf(compare));
  const codes = (compare.result === 'equal' ? 0 : 2) + (compare.target === 'version' ? 0 : 2);
  const end = compare.rangeEnd === undefined ? 0 : field(compare.rangeEnd.length, 2);
  return bytes(compare.key) + operand + codes + end;
}

function revisionOf(compare: Exclude<Compare, { target: 'value' | 'lease' }>): number {
  if (compare.target === 'version') return compare.version;
  return compare.target === 'createRevision' ? compare.createRevision : compare.modRevision;
}

function opBytes(op: Op): number {
  switch (op.type) {
    case 'range':
      return field(rangeBytes(op));
    case 'put':
      return field(putBytes(op));
    case 'deleteRange':
      return field(deleteBytes(op));
    case 'txn':
      return field(txnBytes(op));
  }
}

function txnBytes({ compare, success, failure }: TxnRequest): number {
  let sum = 0;
  for (const condition of compare) sum += field(compareBytes(condition));
  for (const op of success) sum += field(opBytes(op));
  for (const op of failure) sum += field(opBytes(op));
  return sum;
}

/** Refuses a change that is larger on the wire than etcd takes. */
export function checkSize(change: Exclude<Op, { type: 'range' }>): void {
  if (ENTRY_HEADER_BYTES + opBytes(change) > MAX_REQUEST_BYTES)
    throw new EtcdRefusal('INVALID_ARGUMENT', 'request is too large');
}
