import { createHash } from 'node:crypto';
import { GlobalctlError } from '../../../base/index.ts';
import { prefixRange, readPages, type KeyValueStore } from '../../../etcd/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import type { ImportItem } from './import-item.ts';

/** One custom resource of the source, without its value: what ordering and verification need of it. */
export interface SourceEntry {
  readonly key: string;
  /** The folder of keys in which it was found. */
  readonly folder: string;
  readonly modRevision: number;
  readonly item: ImportItem;
  readonly uid: string;
  readonly owners: readonly { readonly uid: string; readonly text: string }[];
  readonly digest: string;
}

/** All keys of the `etcdctl` items, as they are at one revision of the source. */
export async function readSourceEntries(
  store: KeyValueStore,
  items: readonly ImportItem[],
  signal?: AbortSignal,
): Promise<{ entries: SourceEntry[]; revision: number }> {
  const { revision } = await store.range({ ...prefixRange('/registry/'), countOnly: true });
  const entries = new Map<string, SourceEntry>();
  for (const item of items) {
    if (item.method !== 'etcdctl' || item.etcdKeyBase === undefined) continue;
    const folder = item.etcdKeyBase;
    const wanted = item.names === undefined ? undefined : new Set(item.names.map((name) => folder + name));
    for await (const { kvs } of readPages(store, prefixRange(folder), { revision, signal }))
      for (const kv of kvs) {
        const key = Buffer.from(kv.key).toString('utf8');
        if ((wanted !== undefined && !wanted.has(key)) || entries.has(key)) continue;
        const object = decodeCustomResource(key, kv.value);
        const { uid = '', ownerReferences = [] } = object.metadata;
        const owners = ownerReferences.map((owner) => ({ uid: owner.uid, text: `${owner.kind} ${owner.name}` }));
        const digest = contentDigest(object);
        entries.set(key, { key, folder, modRevision: kv.modRevision, item, uid, owners, digest });
      }
  }
  return { entries: [...entries.values()], revision };
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

/** Equal for objects that say the same, `metadata` and the order of fields aside. */
export function contentDigest({ metadata: _m, apiVersion: _v, kind: _k, ...content }: KubeObject): string {
  return createHash('sha256')
    .update(JSON.stringify(content, (_key, value: unknown) => (isRecord(value) ? sorted(value) : value)))
    .digest('base64');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
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
