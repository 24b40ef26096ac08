import { prefixRange, type KeyValueStore } from '../../../etcd/index.ts';
import { GlobalctlError } from '../../../base/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import type { ImportItem } from './import-item.ts';

/** Keys read from the source at once. */
const PAGE = 500;

/** One custom resource as its etcd key holds it. */
export interface SourceEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: number;
  readonly item: ImportItem;
  readonly uid: string;
  readonly owners: readonly { readonly uid: string; readonly text: string }[];
}

/** All keys of the `etcdctl` items, as they are at one revision of the source. */
export async function readSourceEntries(
  store: KeyValueStore,
  items: readonly ImportItem[],
): Promise<{ entries: SourceEntry[]; revision: number }> {
  let { revision } = await store.range({ ...prefixRange('/registry/'), countOnly: true });
  const entries = new Map<string, SourceEntry>();
  for (const item of items) {
    if (item.method !== 'etcdctl' || item.etcdKeyBase === undefined) continue;
    const base = item.etcdKeyBase;
    const wanted = item.names === undefined ? undefined : new Set(item.names.map((name) => base + name));
    const { rangeEnd, key: first } = prefixRange(base);
    for (let key = first, more = true; more;) {
      const page = await store.range({ key, rangeEnd, limit: PAGE, revision });
      revision = revision === 0 ? page.revision : revision;
      for (const kv of page.kvs) {
        const name = Buffer.from(kv.key).toString('utf8');
        if (wanted !== undefined && !wanted.has(name)) continue;
        if (!entries.has(name)) entries.set(name, sourceEntry(name, kv.value, kv.modRevision, item));
      }
      const last = page.kvs[page.kvs.length - 1];
      more = page.more && last !== undefined;
      if (last !== undefined) key = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }
  return { entries: [...entries.values()], revision };
}

function sourceEntry(key: string, value: Uint8Array, modRevision: number, item: ImportItem): SourceEntry {
  const { metadata } = decodeCustomResource(key, value);
  const owners = (metadata.ownerReferences ?? []).map(({ uid, kind, name }) => ({ uid, text: `${kind} ${name}` }));
  return { key, value, modRevision, item, uid: metadata.uid ?? '', owners };
}

/** API servers store custom resources as JSON. Throws IMPORT_REFUSED for anything else. */
export function decodeCustomResource(key: string, value: Uint8Array): KubeObject {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8')) as KubeObject;
  } catch {
    throw new GlobalctlError('IMPORT_REFUSED', {
      message: 'the value of an etcd key is not a custom resource',
      subject: key,
      expected: 'JSON',
    });
  }
}

/**
 * The entries in levels: every object comes after its owners, so that no garbage collector ever sees a dependent whose owner
 * is not there yet. Throws IMPORT_REFUSED when an owner is not part of the import: its dependents would be collected.
 */
export function orderByOwnership(entries: readonly SourceEntry[]): SourceEntry[][] {
  const byUid = new Map(entries.map((entry) => [entry.uid, entry]));
  const orphans = entries.flatMap((entry) =>
    entry.owners.filter((o) => !byUid.has(o.uid)).map((o) => `${entry.key} is owned by ${o.text}`),
  );
  if (orphans.length > 0)
    throw new GlobalctlError('IMPORT_REFUSED', {
      message: `objects are owned by others that are not imported: ${orphans.slice(0, 10).join('; ')}`,
      hint: `Add the owners to ConfigMap cpaas-system/dcs-import-extra-resources.`,
    });
  const level = new Map<string, number>();
  const levelOf = (entry: SourceEntry, path: readonly string[]): number => {
    const known = level.get(entry.uid);
    if (known !== undefined) return known;
    if (path.includes(entry.uid))
      throw new GlobalctlError('IMPORT_REFUSED', { message: 'objects own each other in a circle', subject: entry.key });
    const above = entry.owners.map((o) => byUid.get(o.uid)).filter((o) => o !== undefined);
    const own = 1 + Math.max(-1, ...above.map((o) => levelOf(o, [...path, entry.uid])));
    level.set(entry.uid, own);
    return own;
  };
  const levels: SourceEntry[][] = [];
  for (const entry of entries) (levels[levelOf(entry, [])] ??= []).push(entry);
  return levels;
}
