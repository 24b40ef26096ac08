import { GlobalctlError } from '../../base/index.ts';
import { Batches } from '../copy/batches.ts';
import type { KeyRange, Op } from '../key-value-store.ts';
import { differences, type Side } from './differences.ts';
import type { FencedWriter } from './fenced-writer.ts';
import { splitRange } from './split-range.ts';

/** Ranges that are read at the same time. */
const PARALLEL = 4;

/** How many keys may be deleted at once before a person is asked: this many, or this share of what is mirrored. */
export interface DeletionLimit {
  readonly keys: number;
  readonly share: number;
}

export interface ReconcileResult {
  /** Keys of the source that take part. */
  readonly keys: number;
  readonly written: number;
  readonly deleted: number;
  /** Keys that only the target holds, and that stood there before the first copy. */
  readonly left: number;
}

/**
 * Makes the target show the source at one revision: writes what is missing or differs, stage by stage (owners first), then
 * deletes what the source does not hold, last stages first. What was created in the target up to `firstLocalRevision` is not
 * deleted. Throws MIRROR_DELETION_REFUSED before anything is deleted when that would be too much.
 */
export async function reconcile(options: {
  readonly writer: FencedWriter;
  readonly source: Side;
  readonly target: Side;
  readonly stages: readonly (readonly KeyRange[])[];
  readonly firstLocalRevision: number;
  readonly limit: DeletionLimit | undefined;
  readonly onWritten: (written: { readonly puts: number; readonly deletions: number; readonly bytes: number }) => void;
  readonly signal: AbortSignal;
}): Promise<ReconcileResult> {
  const { writer, source, target, stages, firstLocalRevision, limit, onWritten, signal } = options;
  let [keys, present, written, left] = [0, 0, 0, 0];
  const surplus: Uint8Array[] = [];
  const batches = new Batches<Op>(async (ops) => {
    await writer.write(ops);
    const puts = ops.filter((op) => op.type === 'put');
    const bytes = puts.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    onWritten({ puts: puts.length, deletions: ops.length - puts.length, bytes });
  });
  const walk = async (range: KeyRange): Promise<void> => {
    for await (const stretch of differences({ source, target, range, signal })) {
      keys += stretch.sourceKeys;
      present += stretch.targetKeys;
      for (const difference of stretch.found) {
        if (difference.type === 'surplus') {
          const { key, createRevision } = difference.target;
          if (createRevision > firstLocalRevision) surplus.push(key);
          else left++;
          continue;
        }
        written++;
        const { key, value } = difference.source;
        const waiting = batches.add({ type: 'put', key, value }, key.length + value.length);
        if (waiting) await waiting;
      }
    }
  };
  try {
    for (const stage of stages) {
      const ranges: KeyRange[] = [];
      for (const range of stage)
        ranges.push(...(await splitRange(source.store, range, { revision: source.revision, parts: PARALLEL })));
      await inParallel(ranges, PARALLEL, walk);
      // What a stage holds must stand before its dependents arrive.
      await batches.flush();
    }
  } catch (error) {
    await batches.flush().catch(() => undefined);
    throw error;
  }
  if (limit !== undefined && surplus.length > limit.keys && surplus.length > present * limit.share)
    throw new GlobalctlError('MIRROR_DELETION_REFUSED', {
      message: `the source lacks ${String(surplus.length)} of the ${String(present)} mirrored keys`,
      subject: surplus
        .slice(0, 5)
        .map((key) => Buffer.from(key).toString('utf8'))
        .join(', '),
      expected: `at most ${String(limit.keys)} keys, or ${String(limit.share * 100)} % of them, to be deleted at once`,
      found: `${String(surplus.length)} keys`,
    });
  for (const key of surplus.reverse()) {
    const waiting = batches.add({ type: 'deleteRange', key }, key.length);
    if (waiting) await waiting;
  }
  await batches.flush();
  return { keys, written, deleted: surplus.length, left };
}

/** Every work has ended when this ends; throws the first failure, after which nothing new begins. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failure) return;
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failure) throw failure.error;
}
