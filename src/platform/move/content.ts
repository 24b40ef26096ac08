import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kube/index.ts';

/** What a uid of one cluster is in the other. */
export type UidMap = ReadonlyMap<string, string>;

/** What an object says, without its identity and with its status only where that is asked for. */
export function contentOf(object: KubeObject, { status }: { readonly status: boolean }): Record<string, unknown> {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...content } = object;
  if (!status) delete content['status'];
  return content;
}

/** A copy in which each field `uid` that names a known object names its counterpart; the value itself when none does. */
export function withUids<T>(value: T, uids: UidMap): T {
  if (uids.size === 0) return value;
  return replaceUids(value, uids) as T;
}

function replaceUids(value: unknown, uids: UidMap): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => replaceUids(item, uids));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isRecord(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [key, before] of Object.entries(value)) {
    const after =
      key === 'uid' && typeof before === 'string' ? (uids.get(before) ?? before) : replaceUids(before, uids);
    if (after !== before) (copy ??= { ...value })[key] = after;
  }
  return copy ?? value;
}

/** Equal for objects that say the same, `metadata` and the order of fields aside. */
export function contentDigest(object: KubeObject): string {
  return createHash('sha256')
    .update(JSON.stringify(contentOf(object, { status: true }), (_key, value: unknown) => sorted(value)))
    .digest('base64');
}

/** The fields at the top of two objects that differ, metadata aside. */
export function differingFields(a: KubeObject, b: KubeObject): string[] {
  const [left, right] = [contentOf(a, { status: true }), contentOf(b, { status: true })];
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].filter((field) => !isDeepStrictEqual(left[field], right[field]));
}

function sorted(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
