import type { Codecs } from '../../../etcd/wire/codec.ts';
import { orderKey } from '../key-history.ts';
import type { StoreImage } from '../store-image.ts';
import { bucketsOf, storedRevisions, type StoredRevision } from './buckets.ts';
import { Crc32c } from './crc32c.ts';

/** The checksum of `Maintenance/Hash`: all buckets, but for the numbers of the log in `meta`. */
export function hashBuckets(image: StoreImage, codecs: Codecs): number {
  const crc = new Crc32c();
  for (const { name, entries } of bucketsOf(image, codecs)) {
    crc.write(Buffer.from(name));
    for (const { key, value } of entries) {
      const log = name === 'meta' && ['consistent_index', 'term'].includes(key.toString());
      if (!log) crc.write(key).write(value());
    }
  }
  return crc.sum();
}

/**
 * The checksum of `Maintenance/HashKV`: the states up to `revision`, without those that a compaction may have taken. Members that
 * had the same changes and the same compaction give the same number.
 */
export function hashRevisions(image: StoreImage, revision: number, codecs: Codecs): number {
  const { compactRevision } = image;
  const states = storedRevisions(image, codecs).filter((stored) => stored.revision <= revision);
  const kept = visibleStates(states);
  const crc = new Crc32c().write(Buffer.from('key'));
  for (const stored of states) {
    if (stored.revision <= compactRevision && kept.size > 0 && !kept.has(stored)) continue;
    // Whether a deletion at the compacted revision itself is still there differs between versions of etcd.
    if (stored.tombstone && stored.revision === compactRevision) continue;
    crc.write(stored.key).write(stored.value());
  }
  return crc.sum();
}

/** The last state of each key that exists. */
function visibleStates(states: readonly StoredRevision[]): Set<StoredRevision> {
  const last = new Map<string, StoredRevision>();
  for (const stored of states) last.set(orderKey(stored.state.key), stored);
  return new Set([...last.values()].filter((stored) => !stored.tombstone));
}
