import { fieldChild, fieldErrors, type FieldError } from './field-error.ts';
import { childSchema, isJsonObject, type JsonObject, type StructuralSchema } from './structural-schema.ts';

/** The invariants of `x-kubernetes-list-type`: items of sets, and the keys of map lists, occur once. */
export function validateListUniqueness(schema: StructuralSchema, value: unknown, path: string): FieldError[] {
  if (Array.isArray(value)) return [...checkList(schema, value, path), ...checkItems(schema, value, path)];
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const schemaOfKey = childSchema(schema, key);
    return schemaOfKey === undefined ? [] : validateListUniqueness(schemaOfKey, entry, fieldChild(path, key));
  });
}

function checkItems(schema: StructuralSchema, list: readonly unknown[], path: string): FieldError[] {
  const { items } = schema;
  return items === undefined
    ? []
    : list.flatMap((item, index) => validateListUniqueness(items, item, `${path}[${String(index)}]`));
}

function checkList(schema: StructuralSchema, list: readonly unknown[], path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return duplicates(list, list, path);
  if (type !== 'map') return [];
  const misfit = list.findIndex((item) => item !== null && !isJsonObject(item));
  if (misfit >= 0) {
    const field = `${path}[${String(misfit)}]`;
    return [fieldErrors.invalid(field, list[misfit], 'must be an object for an array of list-type map')];
  }
  const names = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = list.map((item) => listMapKey(item, names));
  return duplicates(keys, keys, path);
}

/** The key fields of one item of a map list; fields that the item does not have are left out. */
function listMapKey(item: unknown, names: readonly string[]): JsonObject {
  const entries = isJsonObject(item)
    ? names.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]])
    : [];
  return Object.fromEntries(entries) as JsonObject;
}

/** Only the first repetition of a value is reported, as the real server does. */
function duplicates(keys: readonly unknown[], shown: readonly unknown[], path: string): FieldError[] {
  const seen = new Map<string, number>();
  return keys.flatMap((key, index) => {
    const id = JSON.stringify(key);
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    return times === 1 ? [fieldErrors.duplicate(`${path}[${String(index)}]`, shown[index])] : [];
  });
}
