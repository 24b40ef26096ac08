import { isDeepStrictEqual } from 'node:util';
import { GlobalctlError } from '../../../base/index.ts';
import {
  describeObject,
  fieldAt,
  PLATFORM_NAMESPACE,
  qualifiedName,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../kube/index.ts';
import { sameContent, type ApiEntry } from './by-api.ts';
import { decodeCustomResource, type SourceEntry } from './source-entries.ts';

/**
 * Reads everything back through the target's API: each object is there, with the uid and the content of its source, its
 * owners resolve, and the Secrets say the same. Throws IMPORT_UNVERIFIED with all differences.
 */
export async function verifyImport(options: {
  readonly target: KubeClient;
  readonly entries: readonly SourceEntry[];
  readonly apiEntries: readonly ApiEntry[];
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly objects: number }> {
  const { target, entries, apiEntries, signal } = options;
  const differences: string[] = [];
  const byResource = new Map<string, { resource: Resource; entries: SourceEntry[] }>();
  for (const entry of entries) {
    const id = qualifiedName(entry.item.resource);
    const group = byResource.get(id) ?? { resource: entry.item.resource, entries: [] };
    group.entries.push(entry);
    byResource.set(id, group);
  }
  const uids = new Set<string>();
  const found: KubeObject[] = [];
  for (const { resource, entries: expected } of byResource.values()) {
    const namespace = resource.namespaced ? PLATFORM_NAMESPACE : undefined;
    const { items } = await target.list(resource, { namespace, signal });
    const byUid = new Map(items.map((object) => [object.metadata.uid ?? '', object]));
    for (const entry of expected) {
      const object = byUid.get(entry.uid);
      if (object === undefined) {
        differences.push(`${entry.key} is missing`);
        continue;
      }
      uids.add(entry.uid);
      found.push(object);
      const source = decodeCustomResource(entry.key, entry.value);
      for (const part of ['spec', 'status'])
        if (!isDeepStrictEqual(fieldAt(object, part), fieldAt(source, part)))
          differences.push(`${describeObject(object)} has another ${part}`);
    }
  }
  for (const object of found)
    for (const owner of object.metadata.ownerReferences ?? [])
      if (!uids.has(owner.uid))
        differences.push(`${describeObject(object)}: its owner ${owner.kind} ${owner.name} is missing`);
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
  return { objects: found.length + apiEntries.length };
}
