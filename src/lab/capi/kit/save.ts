import { isDeepStrictEqual } from 'node:util';
import type { KubeClient, KubeObject, Resource } from '../../../kube/index.ts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON merge patch that turns `before` into `after`; undefined when they are equal. Lists are replaced whole. */
export function mergePatch(before: unknown, after: unknown): Record<string, unknown> | undefined {
  if (!isRecord(before) || !isRecord(after)) return undefined;
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const from = before[key];
    const to = after[key];
    if (isDeepStrictEqual(from, to)) continue;
    if (to === undefined) patch[key] = null;
    else patch[key] = isRecord(from) && isRecord(to) ? mergePatch(from, to) : to;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/**
 * Writes what a reconcile changed in `after`: metadata and spec first, then status through its subresource, each only when
 * there is something to write. Owner references and finalizers are lists, so a change to them requires that nobody else
 * wrote the object meanwhile (a Conflict otherwise, and the reconcile runs again).
 */
export async function saveChanges<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  before: T,
  after: T,
): Promise<T> {
  const ref = { name: before.metadata.name ?? '', namespace: before.metadata.namespace };
  const { status: statusBefore, ...bodyBefore } = before;
  const { status: statusAfter, ...bodyAfter } = after;
  let saved = after;
  const body = mergePatch(bodyBefore, bodyAfter);
  if (body) {
    const metadata = body['metadata'];
    if (isRecord(metadata) && ('finalizers' in metadata || 'ownerReferences' in metadata))
      metadata['resourceVersion'] = before.metadata.resourceVersion;
    saved = await client.patch<T>(resource, ref, { type: 'merge', body });
  }
  const status = mergePatch(statusBefore ?? {}, statusAfter ?? {});
  if (status) saved = await client.patch<T>(resource, ref, { type: 'merge', body: { status }, subresource: 'status' });
  return saved;
}
