import {
  EtcdRefusal,
  requireKey,
  type DeleteRangeRequest,
  type Op,
  type PutRequest,
  type TxnRequest,
} from '../../etcd/index.ts';
import { inOrderRange, orderKey, orderRange, type OrderRange } from './key-history.ts';

/** etcd's default for `--max-txn-ops`. */
export const MAX_TXN_OPS = 128;

function refuse(message: string): never {
  throw new EtcdRefusal('INVALID_ARGUMENT', message);
}

/** What etcd refuses about a put whatever it holds. */
export function checkPut({ key, value, lease = '0', ignoreValue = false, ignoreLease = false }: PutRequest): void {
  requireKey(key);
  if (ignoreValue && value.length > 0) refuse('value is provided');
  if (ignoreLease && lease !== '0') refuse('lease is provided');
}

/**
 * What etcd refuses about a transaction whatever it holds: no key, too many operations (those of a transaction inside count
 * against what the outer one left), a key that is written twice.
 */
export function checkTxn(request: TxnRequest): void {
  checkShape(request, MAX_TXN_OPS);
  writesOf(request.success);
  writesOf(request.failure);
}

function checkShape({ compare, success, failure }: TxnRequest, allowedOps: number): void {
  const ops = Math.max(compare.length, success.length, failure.length);
  if (ops > allowedOps) refuse('too many operations in txn request');
  for (const { key } of compare) requireKey(key);
  for (const op of [...success, ...failure]) {
    if (op.type === 'put') checkPut(op);
    else if (op.type === 'txn') checkShape(op, allowedOps - ops);
    else requireKey(op.key);
  }
}

interface Writes {
  readonly puts: Set<string>;
  readonly deleted: OrderRange[];
}

/** What one branch writes, with all branches inside it. Refuses a key that is put twice, or put and deleted. */
function writesOf(ops: readonly Op[]): Writes {
  const puts = new Set<string>();
  const deleted = ops.filter((op) => op.type === 'deleteRange').map(deletedRange);
  const put = (key: string, unless?: ReadonlySet<string>): void => {
    const twice = puts.has(key) && unless?.has(key) !== true;
    if (twice || deleted.some((range) => inOrderRange(range, key))) refuse('duplicate key given in txn request');
    puts.add(key);
  };
  for (const op of ops) {
    if (op.type !== 'txn') continue;
    const [success, failure] = [writesOf(op.success), writesOf(op.failure)];
    for (const key of success.puts) put(key);
    // Only one of the two branches runs: they may write the same key.
    for (const key of failure.puts) put(key, success.puts);
    deleted.push(...success.deleted, ...failure.deleted);
  }
  for (const op of ops) if (op.type === 'put') put(orderKey(op.key));
  return { puts, deleted };
}

/** As etcd's check sees it: the end "all keys from here on" is a zero byte to it, so that such a deletion overlaps nothing. */
function deletedRange({ key, rangeEnd }: DeleteRangeRequest): OrderRange {
  const { start, end } = orderRange({ key, rangeEnd });
  return { start, end: end ?? '\0' };
}
