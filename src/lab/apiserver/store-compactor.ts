import { EtcdCompactedError, type KeyValueStore } from '../../etcd/index.ts';
import type { Clock } from '../../base/index.ts';

/** kube-apiserver's `--etcd-compaction-interval`. */
const INTERVAL_MS = 5 * 60_000;

/**
 * Forgets the past of a store as kube-apiserver does with its etcd: every five minutes what is older than the time before. A lab
 * that is kept for days so holds no more than a young one. Resolves when the signal aborts.
 */
export async function compactRegularly(options: {
  readonly store: KeyValueStore;
  /** Real time: it is clients that come back to an old revision. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { store, clock, signal } = options;
  let last = 0;
  for (;;) {
    try {
      await clock.sleep(INTERVAL_MS, signal);
    } catch {
      return;
    }
    const present = await presentRevision(store);
    try {
      if (last > 0) await store.compact(last);
    } catch (error) {
      // Nothing was written since the last time, or somebody else has compacted further.
      if (!(error instanceof EtcdCompactedError)) throw error;
    }
    last = present;
  }
}

async function presentRevision(store: KeyValueStore): Promise<number> {
  return (await store.range({ key: Buffer.from('/registry'), countOnly: true })).revision;
}
