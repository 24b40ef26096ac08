import type { KeyRange, KeyValue, KeyValueStore } from '../key-value-store.ts';
import { BatchWriter, type OnPresent } from './batch-writer.ts';
import { readPages } from './read-pages.ts';

export interface CopyRangeOptions {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly range: KeyRange;
  /** State of the source to copy; the present when absent. */
  readonly revision?: number | undefined;
  /** Which keys; all when absent. */
  readonly select?: ((kv: KeyValue) => boolean) | undefined;
  readonly onPresent: OnPresent;
  readonly signal?: AbortSignal | undefined;
  /** Told after each page that was read: keys looked at so far. */
  readonly onProgress?: ((keys: number) => void) | undefined;
}

export interface CopyRangeResult {
  /** Keys selected. */
  readonly keys: number;
  /** Keys that had to be written: the target held the others as they are. */
  readonly written: number;
  /** The source's revision that was copied. */
  readonly revision: number;
}

/**
 * Copies keys and values, byte for byte, from one store into another: reading and writing overlap, memory does not grow with
 * the range. Interrupted anywhere it may be run again. Throws ETCD_CONFLICT, EtcdCompactedError and what the stores and
 * `onPresent` throw; what is under way then has ended.
 */
export async function copyRange(options: CopyRangeOptions): Promise<CopyRangeResult> {
  const { source, target, range, select, signal } = options;
  const writer = new BatchWriter(target, options.onPresent);
  let { revision = 0 } = options;
  let seen = 0;
  let keys = 0;
  try {
    for await (const page of readPages(source, range, { revision, signal })) {
      revision = page.revision;
      for (const kv of page.kvs) {
        if (select !== undefined && !select(kv)) continue;
        keys++;
        await writer.add(kv);
      }
      seen += page.kvs.length;
      options.onProgress?.(seen);
    }
  } catch (error) {
    await writer.flush().catch(() => undefined);
    throw error;
  }
  return { keys, written: await writer.flush(), revision };
}
