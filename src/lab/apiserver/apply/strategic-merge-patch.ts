import { isJsonObject, type JsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import { cloneJson } from '../json.ts';
import { badRequest, unsupportedMediaType } from '../status-error.ts';
import { deleteFrom, orderLike } from './strategic-list-order.ts';
import { fieldSchema } from './value-shape.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/**
 * Strategic merge patch of built-in kinds: like a merge patch, but lists with a patch strategy of `merge` are merged by their
 * key. Directives: `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`. Answers a new object.
 * Throws 415 without a schema (custom resources), 400 for a patch that is none.
 */
export function applyStrategicMergePatch<T>(object: T, patch: unknown, schema: StructuralSchema | undefined): T {
  if (schema === undefined) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  }
  if (!isJsonObject(patch)) throw badRequest('Invalid JSON document');
  return mergeMap(cloneJson(object) as JsonObject, cloneJson(patch), schema) as T;
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: StructuralSchema | undefined): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    Reflect.deleteProperty(patch, DIRECTIVE);
    if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
    if (directive === 'delete') return {};
    if (directive !== 'merge') throw badRequest(`unknown patch type found: ${JSON.stringify(directive)}`);
  }
  retainKeys(original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(SET_ORDER)) continue;
    if (key.startsWith(DELETE_FROM)) {
      const field = key.slice(DELETE_FROM.length);
      if (Array.isArray(original[field])) original[field] = deleteFrom(original[field], value);
    }
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(SET_ORDER) || key.startsWith(DELETE_FROM)) continue;
    const merged = mergeField(original, key, value, fieldSchema(schema, key), patch[`${SET_ORDER}${key}`]);
    if (merged === undefined) Reflect.deleteProperty(original, key);
    else original[key] = merged;
  }
  for (const [key, order] of Object.entries(patch)) {
    const field = key.startsWith(SET_ORDER) ? key.slice(SET_ORDER.length) : undefined;
    // An order without a patch list: nothing but the order changes.
    if (field !== undefined && !Object.hasOwn(patch, field) && Array.isArray(original[field]) && Array.isArray(order)) {
      original[field] = orderLike(original[field], order, original[field], mergeKeyOf(fieldSchema(schema, field)));
    }
  }
  return original;
}

function mergeField(
  original: JsonObject,
  key: string,
  value: unknown,
  schema: StructuralSchema | undefined,
  order: unknown,
): unknown {
  if (value === null) return undefined;
  const present = Object.hasOwn(original, key) ? original[key] : undefined;
  if (isJsonObject(value)) {
    if (isJsonObject(present) && !strategiesOf(schema).includes('replace')) return mergeMap(present, value, schema);
    return withoutDirectives(value);
  }
  if (!Array.isArray(value)) return value;
  if (!strategiesOf(schema).includes('merge')) return withoutDirectives(value);
  const list = Array.isArray(present) ? present : [];
  const merged = mergeList(list, value, schema);
  // Without an order of its own a patch means the order of its items.
  return orderLike(merged, Array.isArray(order) ? order : value, list, mergeKeyOf(schema));
}

function strategiesOf(schema: StructuralSchema | undefined): readonly string[] {
  return (schema?.['x-kubernetes-patch-strategy'] ?? '').split(',');
}

function mergeKeyOf(schema: StructuralSchema | undefined): string | undefined {
  return schema?.['x-kubernetes-patch-merge-key'];
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const retained = patch[RETAIN_KEYS];
  if (retained === undefined) return;
  Reflect.deleteProperty(patch, RETAIN_KEYS);
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys directive');
  for (const key of Object.keys(original)) if (!retained.includes(key)) Reflect.deleteProperty(original, key);
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  schema: StructuralSchema | undefined,
): unknown[] {
  const mergeKey = mergeKeyOf(schema);
  if (mergeKey === undefined) {
    const known = new Set(original);
    return [...original, ...patch.filter((item) => !known.has(item))];
  }
  const items = patch.filter(isJsonObject);
  if (items.some((item) => item[DIRECTIVE] === 'replace')) {
    return items.filter((item) => item[DIRECTIVE] === undefined).map((item) => withoutDirectives(item));
  }
  let result = [...original];
  for (const item of items) {
    if (!Object.hasOwn(item, mergeKey)) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    }
    const matches = (other: unknown): boolean => isJsonObject(other) && other[mergeKey] === item[mergeKey];
    if (item[DIRECTIVE] === 'delete') {
      result = result.filter((other) => !matches(other));
      continue;
    }
    const index = result.findIndex(matches);
    const present = result[index];
    if (isJsonObject(present)) result[index] = mergeMap(present, item, schema?.items);
    else result.push(withoutDirectives(item));
  }
  return result;
}

/** What a patch adds as new: its nulls and directives mean nothing there. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isJsonObject(item) && item[DIRECTIVE] === 'delete')).map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  const isDirective = (key: string): boolean =>
    key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => entry !== null && !isDirective(key))
      .map(([key, entry]) => [key, withoutDirectives(entry)]),
  );
}
