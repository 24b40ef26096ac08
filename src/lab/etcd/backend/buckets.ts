import type { KeyValue } from '../../../etcd/index.ts';
import type { Codecs } from '../../../etcd/wire/codec.ts';
import type { StoreImage } from '../store-image.ts';

/** One entry of a bucket. The value is made when it is asked for: all of them at once would double the store's memory. */
export interface Entry {
  readonly key: Buffer;
  readonly value: () => Uint8Array;
}

export interface Bucket {
  readonly name: string;
  /** In the order of their keys. */
  readonly entries: readonly Entry[];
}

/** One state of a key as etcd's bucket `key` holds it, by revision. */
export interface StoredRevision extends Entry {
  readonly revision: number;
  readonly tombstone: boolean;
  readonly state: KeyValue;
}

const EMPTY_BUCKETS = ['alarm', 'auth', 'authRoles', 'authUsers', 'cluster', 'members', 'members_removed'];
const TOMBSTONE = 0x74;
const REVISION_BYTES = 17;

/** A revision as a key: the number, an underscore, the place within the transaction; a `t` marks a deletion. */
function revisionKey(revision: number, place: number, tombstone = false): Buffer {
  const key = Buffer.alloc(REVISION_BYTES + (tombstone ? 1 : 0));
  key.writeBigInt64BE(BigInt(revision));
  key.write('_', 8);
  key.writeBigInt64BE(BigInt(place), 9);
  if (tombstone) key[REVISION_BYTES] = TOMBSTONE;
  return key;
}

/** The states of a store in the order of their revisions, as the bucket `key` has them. */
export function storedRevisions(image: StoreImage, codecs: Codecs): StoredRevision[] {
  const { encode } = codecs('KeyValue');
  return [...image.states]
    .sort((a, b) => a.state.modRevision - b.state.modRevision || a.place - b.place)
    .map(({ state, place }) => {
      const tombstone = state.version === 0;
      const key = revisionKey(state.modRevision, place, tombstone);
      return { key, revision: state.modRevision, tombstone, state, value: () => encode(message(state, tombstone)) };
    });
}

/** etcd writes no field that is zero, and of a deletion only the key. */
function message({ key, value, createRevision, modRevision, version, lease }: KeyValue, tombstone: boolean): object {
  if (tombstone) return { key };
  return {
    ...{ key, createRevision, modRevision, version },
    ...(value.length > 0 && { value }),
    ...(lease !== '0' && { lease }),
  };
}

/** The buckets of an etcd that holds what the image holds, in the order of their names. */
export function bucketsOf(image: StoreImage, codecs: Codecs): Bucket[] {
  const leases = image.leases.map(({ id, ttlSeconds, remainingSeconds }): Entry => {
    const key = Buffer.alloc(8);
    key.writeBigInt64BE(BigInt(id));
    return { key, value: () => codecs('StoredLease').encode({ id, ttl: ttlSeconds, remainingTtl: remainingSeconds }) };
  });
  const fixed = (name: string, value: Buffer): Entry => ({ key: Buffer.from(name), value: () => value });
  const meta = [fixed('consistent_index', number64(BigInt(image.revision)))];
  if (image.compactRevision >= 0) {
    const compacted = revisionKey(image.compactRevision, 0);
    meta.push(fixed('finishedCompactRev', compacted), fixed('scheduledCompactRev', compacted));
  }
  meta.push(fixed('term', number64(2n)));
  const buckets: Bucket[] = [
    { name: 'key', entries: storedRevisions(image, codecs) },
    { name: 'lease', entries: leases.sort((a, b) => Buffer.compare(a.key, b.key)) },
    { name: 'meta', entries: meta },
    ...EMPTY_BUCKETS.map((name) => ({ name, entries: [] })),
  ];
  return buckets.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function number64(value: bigint): Buffer {
  const data = Buffer.alloc(8);
  data.writeBigUInt64BE(value);
  return data;
}
