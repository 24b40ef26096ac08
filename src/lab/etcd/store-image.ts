import { allKeys, type KeyValue, type KeyValueStore } from '../../etcd/index.ts';

/** What a store holds at one moment, with its history back to the last compaction. */
export interface StoreImage {
  readonly revision: number;
  /** -1 while nothing has been compacted. */
  readonly compactRevision: number;
  /** In no particular order; deletions are states of version 0. `place` counts the changes of one transaction. */
  readonly states: { readonly state: KeyValue; readonly place: number }[];
  readonly leases: readonly { readonly id: string; readonly ttlSeconds: number; readonly remainingSeconds: number }[];
}

export interface StoreUsage {
  readonly usedBytes: number;
  readonly allocatedBytes: number;
}

/** A store that can show more of itself than its keys. */
export interface MaintainedStore {
  image(): StoreImage;
  usage(): StoreUsage;
  defragment(): void;
}

export function isMaintained(store: object): store is MaintainedStore {
  return 'image' in store && 'usage' in store && 'defragment' in store;
}

/** Everything that a store holds; of one that keeps its history elsewhere, the present state, as if all before it were compacted. */
export async function imageOf(store: KeyValueStore): Promise<StoreImage> {
  if (isMaintained(store)) return store.image();
  const { kvs, revision } = await store.range(allKeys);
  const places = new Map<number, number>();
  const states = kvs.map((state) => {
    const place = places.get(state.modRevision) ?? 0;
    places.set(state.modRevision, place + 1);
    return { state, place };
  });
  const leases = await Promise.all((await store.leases.ids()).map((id) => store.leases.state(id)));
  return {
    revision,
    compactRevision: revision,
    states,
    leases: leases
      .filter((lease) => lease !== undefined)
      .map(({ id, grantedTtlSeconds, remainingSeconds }) => ({ id, ttlSeconds: grantedTtlSeconds, remainingSeconds })),
  };
}

export async function usageOf(store: KeyValueStore): Promise<StoreUsage> {
  if (isMaintained(store)) return store.usage();
  const { kvs } = await store.range(allKeys);
  const usedBytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  return { usedBytes, allocatedBytes: usedBytes };
}
