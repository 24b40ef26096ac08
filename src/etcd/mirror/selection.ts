import type { WatchEvent } from '../key-value-store.ts';

/** Which keys of a store take part in a mirror, as the store's state goes on. */
export interface Selection {
  /** Whether the key takes part, after everything that `apply` was told. */
  has(key: Uint8Array): boolean;
  /** Whether the key belongs to this store itself: no mirror writes or deletes it here. */
  keeps(key: Uint8Array): boolean;
  /** Takes a change of the store in. Answers the other keys that take part, or no longer do, because of it. */
  apply(event: WatchEvent): readonly Uint8Array[];
}

/** Every key takes part. */
export const everything: Selection = { has: () => true, keeps: () => false, apply: () => [] };

/** The selection without one key: that of the checkpoint, which a target that becomes a source brings along. */
export function without(key: Uint8Array, selection: Selection): Selection {
  return {
    has: (other) => selection.has(other) && Buffer.compare(other, key) !== 0,
    keeps: (other) => selection.keeps(other),
    apply: (event) => selection.apply(event),
  };
}
