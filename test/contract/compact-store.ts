import type { KeyValueStore } from '../../src/etcd/index.ts';

/** Forgets everything before the present state, as an API server does every five minutes with what is older than that. */
export async function compactStore(store: KeyValueStore): Promise<void> {
  const { revision } = await store.range({ key: Buffer.from('/registry'), countOnly: true });
  await store.compact(revision);
}
