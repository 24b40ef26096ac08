import type { Op } from '../key-value-store.ts';

/** etcd's default for `--max-txn-ops`; a transaction inside may have what the one around it leaves. */
const MAX_OPS = 128;

/** What one transaction holds beside its checkpoint without another inside. */
export const FLAT_OPS = MAX_OPS - 1;

/** Widths of the levels, the outermost first; with the room for one more they make up etcd's limit. */
const LAST_WIDTHS = [31, 32, 32, 32] as const;
const INNER_WIDTHS: readonly (readonly [number, ...number[]])[] = [[63, 64], [42, 42, 43], LAST_WIDTHS];

const product = (widths: readonly number[]): number => widths.reduce((all, width) => all * width, 1);

/**
 * Puts any number of operations on different keys into the operations of one transaction, with room for one more: beyond
 * what etcd takes side by side they go into transactions inside, which happen at the same revision.
 */
export function packOps(ops: readonly Op[]): readonly Op[] {
  if (ops.length <= FLAT_OPS) return ops;
  const inner = INNER_WIDTHS.find(([outer, ...widths]) => ops.length <= outer * product(widths)) ?? LAST_WIDTHS;
  return nest(ops, inner.slice(1));
}

function nest(ops: readonly Op[], widths: readonly number[]): Op[] {
  if (widths.length === 0) return [...ops];
  const [, ...rest] = widths;
  const size = product(widths);
  const packed: Op[] = [];
  for (let i = 0; i < ops.length; i += size)
    packed.push({ type: 'txn', compare: [], success: nest(ops.slice(i, i + size), rest), failure: [] });
  return packed;
}
