import { createHash } from 'node:crypto';
import type { KeyRange, KeyValue, KeyValueStore } from '../key-value-store.ts';
import { readPages } from './read-pages.ts';

export interface RangeDigest {
  readonly keys: number;
  readonly revision: number;
  /** sha256, in hexadecimal, over the length and the bytes of each key and value in the order of the keys. */
  readonly sha256: string;
}

/** Equal for two stores exactly when they hold the same keys with the same values. Revisions, versions and leases do not count. */
export async function digestRange(
  store: KeyValueStore,
  range: KeyRange,
  options: {
    readonly revision?: number | undefined;
    readonly select?: ((kv: KeyValue) => boolean) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<RangeDigest> {
  const hash = createHash('sha256');
  let keys = 0;
  let { revision = 0 } = options;
  const lengths = Buffer.alloc(8);
  for await (const page of readPages(store, range, options)) {
    revision = page.revision;
    for (const kv of page.kvs) {
      if (options.select !== undefined && !options.select(kv)) continue;
      keys++;
      lengths.writeUInt32BE(kv.key.length, 0);
      lengths.writeUInt32BE(kv.value.length, 4);
      hash.update(lengths).update(kv.key).update(kv.value);
    }
  }
  return { keys, revision, sha256: hash.digest('hex') };
}
