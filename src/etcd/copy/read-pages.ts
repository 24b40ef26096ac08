import { keyAfter } from '../key-range.ts';
import type { KeyRange, KeyValue, KeyValueStore } from '../key-value-store.ts';

/** What a page may weigh, about: two of them are in memory at a time. */
const PAGE_BYTES = 2 * 1024 * 1024;
const MOST_KEYS = 4000;
/** The first page, before anything is known of the size of values. */
const FIRST_KEYS = 16;

/** Some keys of a range, in their order, all as they were at one revision of the store. */
export interface Page {
  readonly kvs: readonly KeyValue[];
  /** The revision that every page of this reading shows. */
  readonly revision: number;
}

/**
 * Reads a range at one revision, in pages of about 2 MiB, the next one on its way while one is looked at. Ends when the signal
 * aborts, with its reason. Throws EtcdCompactedError when the revision is forgotten meanwhile, and what the store throws.
 */
export async function* readPages(
  store: KeyValueStore,
  range: KeyRange,
  options: { readonly revision?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Page, void, void> {
  const { signal } = options;
  let revision = options.revision ?? 0;
  let limit = FIRST_KEYS;
  const read = (key: Uint8Array): ReturnType<KeyValueStore['range']> => store.range({ ...range, key, revision, limit });
  let page = await read(range.key);
  if (revision === 0) revision = page.revision;
  for (;;) {
    signal?.throwIfAborted();
    const { kvs } = page;
    const last = kvs[kvs.length - 1];
    if (last === undefined) return;
    const bytes = kvs.reduce((sum, kv) => sum + kv.key.length + kv.value.length, 0);
    limit = Math.max(1, Math.min(MOST_KEYS, Math.floor((PAGE_BYTES * kvs.length) / bytes)));
    const next = page.more ? read(keyAfter(last.key)) : undefined;
    // Looked at below; until then a failure must not count as unhandled.
    next?.catch(() => undefined);
    yield { kvs, revision };
    if (next === undefined) return;
    page = await next;
  }
}
