import { isJsonObject } from '../../../kube/schema/index.ts';

/** A list of primitives without those that the patch names. */
export function deleteFrom(list: readonly unknown[], toDelete: unknown): unknown[] {
  const gone = new Set(Array.isArray(toDelete) ? (toDelete as unknown[]) : []);
  return list.filter((item) => !gone.has(item));
}

/**
 * Puts a merged list in the order that the patch asks for. Items that the patch's order does not name keep their place relative to
 * the items that stood in the list before (`before`).
 */
export function orderLike(
  merged: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const identity = (item: unknown): unknown => (mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item);
  const wanted = order.map(identity);
  const former = before.map(identity);
  const named = merged.filter((item) => wanted.includes(identity(item)));
  const others = merged.filter((item) => !wanted.includes(identity(item)));
  named.sort((a, b) => wanted.indexOf(identity(a)) - wanted.indexOf(identity(b)));
  others.sort((a, b) => former.indexOf(identity(a)) - former.indexOf(identity(b)));
  const result: unknown[] = [];
  for (const item of named) {
    const place = former.indexOf(identity(item));
    while (others.length > 0 && place >= 0) {
      const otherPlace = former.indexOf(identity(others[0]));
      if (otherPlace < 0 || otherPlace > place) break;
      result.push(others.shift());
    }
    result.push(item);
  }
  return [...result, ...others];
}
