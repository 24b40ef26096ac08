import { GlobalctlError } from '../../base/index.ts';
import { Batches } from '../copy/batches.ts';
import type { KeyRange, KeyValue, Op } from '../key-value-store.ts';
import { differences, type Side } from './differences.ts';
import type { FencedWriter } from './fenced-writer.ts';
import { OwnedLast, type OwnersOf } from './owned-last.ts';
import { splitRange } from './split-range.ts';

/** Ranges that are read at the same time. */
const PARALLEL = 4;
/** Any key: only the revision of the answer counts. */
const PROBE = new Uint8Array([0]);

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
  /** Within a stage what has owners is written after them. */
  readonly ownersOf?: OwnersOf | undefined;
  readonly limit: DeletionLimit | undefined;
  readonly onWritten: (written: { readonly puts: number; readonly deletions: number; readonly bytes: number }) => void;
  readonly signal: AbortSignal;
}): Promise<ReconcileResult> {
  const { writer, source, target, stages, firstLocalRevision, limit, onWritten, signal } = options;
  let [keys, presentKeys, written, left] = [0, 0, 0, 0];
  const surplus: Uint8Array[] = [];
  const batches = new Batches<Op>(async (ops) => {
    await writer.write(ops);
    const puts = ops.filter((op) => op.type === 'put');
    const bytes = puts.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    onWritten({ puts: puts.length, deletions: ops.length - puts.length, bytes });
  });
  const write = async ({ key, value }: KeyValue): Promise<void> => {
    written++;
    const waiting = batches.add({ type: 'put', key, value }, key.length + value.length);
    if (waiting) await waiting;
  };
  /** Without `owned` what is still missing is written, and nothing counted again. */
  const walk = async (range: KeyRange, owned: OwnedLast | undefined): Promise<void> => {
    for await (const stretch of differences({ source, target: owned ? target : await present(), range, signal })) {
      if (owned) {
        keys += stretch.sourceKeys;
        presentKeys += stretch.targetKeys;
      }
      for (const difference of stretch.found)
        if (difference.type !== 'surplus') {
          if (owned?.takes(difference.source) !== true) await write(difference.source);
        } else if (owned) {
          const { key, createRevision } = difference.target;
          if (createRevision > firstLocalRevision) surplus.push(key);
          else left++;
        }
    }
  };
  const present = async (): Promise<Side> => {
    const { revision } = await target.store.range({ key: PROBE, countOnly: true });
    return { ...target, revision, select: source.select };
  };
  try {
    for (const stage of stages) {
      const ranges: KeyRange[] = [];
      for (const range of stage)
        ranges.push(...(await splitRange(source.store, range, { revision: source.revision, parts: PARALLEL })));
      const owned = new OwnedLast(options.ownersOf ?? (() => undefined));
      await inParallel(ranges, PARALLEL, (range) => walk(range, owned));
      // What a stage holds must stand before its dependents arrive.
      await batches.flush();
      for (const level of owned.release()) {
        for (const kv of level) await write(kv);
        await batches.flush();
      }
      if (owned.overflowed) await inParallel(ranges, PARALLEL, (range) => walk(range, undefined));
      await batches.flush();
    }
  } catch (error) {
    await batches.flush().catch(() => undefined);
    throw error;
  }
  if (limit !== undefined && surplus.length > limit.keys && surplus.length > presentKeys * limit.share)
    throw new GlobalctlError('MIRROR_DELETION_REFUSED', {
      message: `the source lacks ${String(surplus.length)} of the ${String(presentKeys)} mirrored keys`,
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
