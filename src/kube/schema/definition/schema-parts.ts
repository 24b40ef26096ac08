import { isJsonObject, type JsonObject } from '../structural-schema.ts';

/** A schema as somebody sent it: nothing about it is certain yet. */
export type RawSchema = JsonObject;

export const schemaText = (schema: RawSchema, key: string): string => {
  const value = schema[key];
  return typeof value === 'string' ? value : '';
};

export const schemaOf = (schema: RawSchema | undefined, key: string): RawSchema | undefined => {
  const value = schema?.[key];
  return isJsonObject(value) ? value : undefined;
};

/** Entries of a map of schemas by key, so that faults come in a lasting order. */
export function schemasByName(schema: RawSchema, key: string): [string, RawSchema][] {
  return Object.entries(schemaOf(schema, key) ?? {})
    .filter((entry): entry is [string, RawSchema] => isJsonObject(entry[1]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function schemasIn(schema: RawSchema, key: string): RawSchema[] {
  const value = schema[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function textsIn(schema: RawSchema, key: string): string[] {
  const value = schema[key];
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}

export const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

/** A slice of texts as Go's `%#v` prints it. */
export const goStrings = (values: readonly string[]): string =>
  `[]string{${values.map((v) => JSON.stringify(v)).join(', ')}}`;
