import { isJsonObject, mapValueSchema, ownEntry, type JsonObject, type StructuralSchema } from './structural-schema.ts';

/**
 * Fills in the schema's defaults where a field is missing, in place, and answers the same object. As the API server does it:
 * a default is only given inside objects that exist, and a `null` for a field that is not nullable is replaced by the
 * default or, without one, dropped.
 */
export function applyDefaults<T>(schema: StructuralSchema, object: T): T {
  if (Array.isArray(object)) {
    const { items } = schema;
    if (items !== undefined) for (const item of object) applyDefaults(items, item);
  } else if (isJsonObject(object)) {
    defaultFields(schema, object);
  }
  return object;
}

function defaultFields(schema: StructuralSchema, object: JsonObject): void {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field.default !== undefined && !Object.hasOwn(object, name)) object[name] = structuredClone(field.default);
  }
  const valueSchema = mapValueSchema(schema);
  for (const key of Object.keys(object)) {
    const field = ownEntry(schema.properties, key) ?? valueSchema;
    if (field === undefined) continue;
    if (object[key] === null && field.nullable !== true) {
      if (field.default === undefined) {
        Reflect.deleteProperty(object, key);
        continue;
      }
      object[key] = structuredClone(field.default);
    }
    applyDefaults(field, object[key]);
  }
}
