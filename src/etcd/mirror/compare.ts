import { GlobalctlError } from '../../base/index.ts';
import { digestRange } from '../copy/digest-range.ts';
import type { KeyRange, KeyValueStore } from '../key-value-store.ts';
import { decodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { differences } from './differences.ts';
import { without, type Selection } from './selection.ts';

/** Both sides of a mirror, each at one revision: the target as it shows that of the source. */
export interface Comparison {
  readonly sourceRevision: number;
  readonly targetRevision: number;
  /** Keys of the source that take part. */
  readonly keys: number;
  /** In the source, not in the target; in the target only; on both with different values. At most `limit` of each. */
  readonly missed: readonly string[];
  readonly surplus: readonly string[];
  readonly unlike: readonly string[];
  readonly counts: { readonly missed: number; readonly surplus: number; readonly unlike: number };
  /** Ranges whose digests were compared, and those that differ. */
  readonly ranges: number;
  readonly unlikeRanges: number;
}

/**
 * Compares both sides at the revision of the checkpoint: the checkpoint and the target's revision are read together, so that
 * they belong together whoever writes meanwhile. Digests of ranges first, keys only of ranges that differ. Throws
 * MIRROR_NOT_READY while there is no complete mirror, EtcdCompactedError, and what the stores throw.
 */
export async function compareMirror(options: {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly checkpointKey: Uint8Array;
  readonly selectAt: (side: 'source' | 'target', revision: number, signal: AbortSignal) => Promise<Selection>;
  readonly ranges: (revision: number) => Promise<readonly KeyRange[]>;
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
}): Promise<Comparison> {
  const { source, target, checkpointKey, selectAt, signal, limit = 1000 } = options;
  const { checkpoint, revision: targetRevision } = await readCheckpoint(target, checkpointKey);
  if (checkpoint === undefined || checkpoint.copying !== undefined || checkpoint.revision === 0)
    throw new GlobalctlError('MIRROR_NOT_READY', {
      message: checkpoint?.copying === undefined ? 'nothing was mirrored yet' : 'the sides are being copied',
    });
  const { revision: sourceRevision } = checkpoint;
  const [ofSource, ofTarget] = await Promise.all([
    selectAt('source', sourceRevision, signal).then((all) => without(checkpointKey, all)),
    selectAt('target', targetRevision, signal).then((all) => without(checkpointKey, all)),
  ]);
  const sides = {
    source: {
      ...{ store: source, revision: sourceRevision },
      select: (key: Uint8Array) => ofSource.has(key) && !ofTarget.keeps(key),
    },
    target: { store: target, revision: targetRevision, select: (key: Uint8Array) => ofTarget.has(key) },
  };
  const keysOf: Record<'missed' | 'surplus' | 'unlike', string[]> = { missed: [], surplus: [], unlike: [] };
  const counts = { missed: 0, surplus: 0, unlike: 0 };
  let [keys, ranges, unlikeRanges] = [0, 0, 0];
  for (const range of await options.ranges(sourceRevision)) {
    ranges++;
    const [a, b] = await Promise.all(
      [sides.source, sides.target].map(({ store, revision, select }) =>
        digestRange(store, range, { revision, select: ({ key }) => select(key), signal }),
      ),
    );
    keys += a?.keys ?? 0;
    if (a?.sha256 === b?.sha256) continue;
    unlikeRanges++;
    for await (const { found } of differences({ ...sides, range, signal }))
      for (const difference of found) {
        const { key } = difference.type === 'surplus' ? difference.target : difference.source;
        if (++counts[difference.type] <= limit) keysOf[difference.type].push(Buffer.from(key).toString('utf8'));
      }
  }
  return { sourceRevision, targetRevision, keys, ...keysOf, counts, ranges, unlikeRanges };
}

/** The checkpoint, undefined before the first one, and the target's revision at which it was read. */
export async function readCheckpoint(
  target: KeyValueStore,
  key: Uint8Array,
): Promise<{ readonly checkpoint: Checkpoint | undefined; readonly revision: number }> {
  const { kvs, revision } = await target.range({ key });
  return { checkpoint: kvs[0] && decodeCheckpoint(kvs[0].value), revision };
}
