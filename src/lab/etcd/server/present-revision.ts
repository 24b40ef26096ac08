import type { KeyValueStore } from '../../../etcd/index.ts';

/** The store's revision, asked for with a read of a key that cannot be many. */
export async function presentRevision(store: KeyValueStore): Promise<number> {
  return (await store.range({ key: new Uint8Array([0]), countOnly: true })).revision;
}
