import { GlobalctlError } from '../../../base/index.ts';
import type { KeyValueStore } from '../../../etcd/index.ts';
import {
  describeObject,
  PLATFORM_NAMESPACE,
  qualifiedName,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../../kube/index.ts';
import { differingFields, sameContent, type ApiEntry } from './by-api.ts';
import { contentDigest, decodeCustomResource, type SourceEntry } from './source-entries.ts';

/**
 * Reads everything back through the target's API: each object is there, with the uid and the content of its source, its
 * owners resolve, and the Secrets say the same. Throws IMPORT_UNVERIFIED with all differences.
 */
export async function verifyImport(options: {
  readonly sourceStore: KeyValueStore;
  readonly target: KubeClient;
  readonly entries: readonly SourceEntry[];
  readonly apiEntries: readonly ApiEntry[];
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly objects: number }> {
  const { sourceStore, target, entries, apiEntries, signal } = options;
  const differences: string[] = [];
  const byResource = new Map<string, { resource: Resource; missing: Map<string, SourceEntry> }>();
  for (const entry of entries) {
    const id = qualifiedName(entry.item.resource);
    const group = byResource.get(id) ?? { resource: entry.item.resource, missing: new Map<string, SourceEntry>() };
    byResource.set(id, group);
    group.missing.set(entry.uid, entry);
  }
  const found = new Set<string>();
  const owned: { readonly object: string; readonly owners: readonly OwnerReference[] }[] = [];
  for (const { resource, missing } of byResource.values()) {
    const namespace = resource.namespaced ? PLATFORM_NAMESPACE : undefined;
    for await (const { items } of target.listPages(resource, { namespace, signal }))
      for (const object of items) {
        const { uid = '', ownerReferences: owners } = object.metadata;
        const entry = missing.get(uid);
        if (entry === undefined) continue;
        missing.delete(uid);
        found.add(uid);
        if (owners !== undefined) owned.push({ object: describeObject(object), owners });
        if (contentDigest(object) !== entry.digest)
          differences.push(`${describeObject(object)} has another ${await otherFields(sourceStore, entry, object)}`);
      }
    for (const { key } of missing.values()) differences.push(`${key} is missing`);
  }
  for (const { object, owners } of owned)
    for (const owner of owners)
      if (!found.has(owner.uid)) differences.push(`${object}: its owner ${owner.kind} ${owner.name} is missing`);
  for (const { resource, object } of apiEntries) {
    const { name = '', namespace } = object.metadata;
    const present = await target.find(resource, { name, namespace }, signal);
    if (present === undefined) differences.push(`${describeObject(object)} is missing`);
    else if (!sameContent(present, object)) differences.push(`${describeObject(object)} has other content`);
  }
  if (differences.length > 0)
    throw new GlobalctlError('IMPORT_UNVERIFIED', {
      message: `${String(differences.length)} differences after the import: ${differences.slice(0, 10).join('; ')}`,
    });
  return { objects: found.size + apiEntries.length };
}

/** Which fields differ, for the message: the source's value is read again. */
async function otherFields(store: KeyValueStore, { key }: SourceEntry, object: KubeObject): Promise<string> {
  const { kvs } = await store.range({ key: Buffer.from(key, 'utf8') });
  const [kv] = kvs;
  if (kv === undefined) return 'content than its source had, which is gone';
  return differingFields(decodeCustomResource(key, kv.value), object).join(' and ') || 'content than its source had';
}
