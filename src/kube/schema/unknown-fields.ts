import { fieldChild } from './field-error.ts';
import { embeddedResourceSchema } from './object-metadata.ts';
import { isJsonObject, mapValueSchema, ownEntry, type StructuralSchema } from './structural-schema.ts';

/**
 * Paths of the fields that the schema does not know, in the order of the object, e.g. `spec.templte`, `spec.pool[0].iip`.
 * The text of the API server for each is `unknown field "spec.templte"` (fieldValidation Strict and Warn).
 */
export function unknownFields(schema: StructuralSchema, object: unknown): string[] {
  const found: string[] = [];
  walk(schema, object, '', (path) => {
    found.push(path);
    return object;
  });
  return found;
}

/** A copy of the object without the fields that the schema does not know. What was dropped is answered too. */
export function pruneUnknownFields<T>(schema: StructuralSchema, object: T): { object: T; dropped: string[] } {
  const dropped: string[] = [];
  const copy = structuredClone(object);
  walk(schema, copy, '', (path, parent, key) => {
    dropped.push(path);
    Reflect.deleteProperty(parent, key);
  });
  return { object: copy, dropped };
}

type OnUnknown = (path: string, parent: Record<string, unknown>, key: string) => unknown;

function walk(schemaOfValue: StructuralSchema, value: unknown, path: string, onUnknown: OnUnknown): void {
  if (Array.isArray(value)) {
    const { items } = schemaOfValue;
    if (items === undefined) return;
    value.forEach((item: unknown, index) => {
      walk(items, item, `${path}[${String(index)}]`, onUnknown);
    });
    return;
  }
  if (!isJsonObject(value)) return;
  const schema =
    schemaOfValue['x-kubernetes-embedded-resource'] === true ? embeddedResourceSchema(schemaOfValue) : schemaOfValue;
  const valueSchema = mapValueSchema(schema);
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  for (const key of Object.keys(value)) {
    const schemaOfKey = ownEntry(schema.properties, key) ?? valueSchema;
    if (schemaOfKey !== undefined) walk(schemaOfKey, value[key], fieldChild(path, key), onUnknown);
    else if (!keepsUnknown) onUnknown(fieldChild(path, key), value, key);
  }
}
