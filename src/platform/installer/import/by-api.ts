import { isDeepStrictEqual } from 'node:util';
import { GlobalctlError, isGlobalctlError } from '../../../base/index.ts';
import {
  describeObject,
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE,
  wellKnownResource,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../../kube/index.ts';
import type { ImportItem } from './import-item.ts';

/** Marks what the installer wrote, with the uid of the object that it was made from. */
export const IMPORTED_FROM = 'installer.cpaas.io/imported-from-uid';

/** One object that goes through the API. */
export interface ApiEntry {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** The objects of the `kubectl` items, each once. */
export async function readApiEntries(
  source: KubeClient,
  items: readonly ImportItem[],
  signal?: AbortSignal,
): Promise<ApiEntry[]> {
  const found = new Map<string, ApiEntry>();
  for (const { resource, names, method } of items) {
    if (method !== 'kubectl') continue;
    const namespace = resource.namespaced ? PLATFORM_NAMESPACE : undefined;
    const objects =
      names === undefined
        ? (await source.list(resource, { namespace, signal })).items
        : await Promise.all(names.map((name) => source.get(resource, { name, namespace }, signal)));
    for (const object of objects)
      found.set(`${resource.plural}.${resource.group}/${object.metadata.name ?? ''}`, {
        resource,
        object: { ...object, apiVersion: object.apiVersion, kind: resource.kind },
      });
  }
  return [...found.values()];
}

/**
 * Writes an object through the target's API: a new object there, with owners found again by kind and name. An object that
 * exists is replaced only when an earlier try made it, left alone when it says the same, and otherwise IMPORT_CONFLICT.
 */
export async function writeByApi(
  target: KubeClient,
  { resource, object }: ApiEntry,
  signal?: AbortSignal,
): Promise<'created' | 'replaced' | 'unchanged'> {
  const { name = '', namespace, labels, annotations, ownerReferences = [], uid = '' } = object.metadata;
  const ref = { name, namespace };
  const owners = await Promise.all(ownerReferences.map((o) => ownerInTarget(target, o, namespace, signal)));
  const { metadata: _metadata, status: _status, ...content } = object;
  const wanted: KubeObject = {
    ...content,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels && { labels }),
      annotations: { ...annotations, [IMPORTED_FROM]: uid },
      ownerReferences: owners.filter((o) => o !== undefined),
    },
  };
  const present = await target.find(resource, ref, signal);
  if (present === undefined) {
    try {
      await target.create(resource, wanted, { signal });
      return 'created';
    } catch (error) {
      if (isKubeReason(error, 'AlreadyExists')) return await writeByApi(target, { resource, object }, signal);
      throw error;
    }
  }
  const same = sameContent(present, wanted);
  if (present.metadata.annotations?.[IMPORTED_FROM] === uid) {
    if (same && isDeepStrictEqual(present.metadata.ownerReferences ?? [], wanted.metadata.ownerReferences))
      return 'unchanged';
    const { resourceVersion } = present.metadata;
    const metadata = { ...wanted.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
    await target.replace(resource, { ...wanted, metadata }, { signal });
    return 'replaced';
  }
  if (same) return 'unchanged';
  throw new GlobalctlError('IMPORT_CONFLICT', {
    message: `${describeObject(present)} exists in the new cluster with other content`,
    subject: describeObject(present),
  });
}

/** Whether everything but metadata and status is the same. */
export function sameContent(a: KubeObject, b: KubeObject): boolean {
  return differingFields(a, b).every((field) => field === 'status');
}

/** The fields at the top of two objects that differ, metadata aside. */
export function differingFields(a: KubeObject, b: KubeObject): string[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const identity of ['metadata', 'kind', 'apiVersion']) fields.delete(identity);
  return [...fields].filter((field) => !isDeepStrictEqual(a[field], b[field]));
}

async function ownerInTarget(
  target: KubeClient,
  owner: OwnerReference,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<OwnerReference | undefined> {
  const resource =
    wellKnownResource(owner.apiVersion, owner.kind) ??
    (await target.resolve(owner.apiVersion, owner.kind, signal).catch((error: unknown) => {
      // A kind that is not served has no objects to own anything; a server that does not answer must not cost an owner.
      if (isGlobalctlError(error, 'KUBE_KIND_UNKNOWN')) return undefined;
      throw error;
    }));
  if (resource === undefined) return undefined;
  const ref = { name: owner.name, namespace: resource.namespaced ? namespace : undefined };
  const uid = fieldAt(await target.find(resource, ref, signal), 'metadata', 'uid');
  return typeof uid === 'string' ? { ...owner, uid } : undefined;
}
