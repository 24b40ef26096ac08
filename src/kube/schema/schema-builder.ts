import type { StructuralSchema } from './structural-schema.ts';

/** The language in which this project writes the schemas of its CRDs: one function a type, extras as the last argument. */
type Extras = Partial<StructuralSchema>;

/** Fields of an object; a name that ends in `!` is required. */
export type Fields = Readonly<Record<string, StructuralSchema>>;

export function text(extras: Extras = {}): StructuralSchema {
  return { type: 'string', ...extras };
}

/** A string of `minLength` to `maxLength` characters. */
export function textOf(minLength: number, maxLength: number, extras: Extras = {}): StructuralSchema {
  return { type: 'string', minLength, maxLength, ...extras };
}

export function oneOf(...values: readonly string[]): StructuralSchema {
  return { type: 'string', enum: values };
}

export function integer(extras: Extras = {}): StructuralSchema {
  return { type: 'integer', ...extras };
}

export function int32(extras: Extras = {}): StructuralSchema {
  return { type: 'integer', format: 'int32', ...extras };
}

export function int64(extras: Extras = {}): StructuralSchema {
  return { type: 'integer', format: 'int64', ...extras };
}

export function bool(extras: Extras = {}): StructuralSchema {
  return { type: 'boolean', ...extras };
}

export function dateTime(): StructuralSchema {
  return { type: 'string', format: 'date-time' };
}

export function intOrString(extras: Extras = {}): StructuralSchema {
  return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true, ...extras };
}

/** Any JSON value, kept as it is. */
export function anything(): StructuralSchema {
  return { 'x-kubernetes-preserve-unknown-fields': true };
}

export function object(fields: Fields, extras: Extras = {}): StructuralSchema {
  const entries = Object.entries(fields);
  const required = entries.filter(([name]) => name.endsWith('!')).map(([name]) => name.slice(0, -1));
  return {
    type: 'object',
    ...(entries.length > 0 && {
      properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/!$/, ''), schema])),
    }),
    ...(required.length > 0 && { required: required.sort() }),
    ...extras,
  };
}

/** An object whose fields have one owner together. */
export function atomicObject(fields: Fields, extras: Extras = {}): StructuralSchema {
  return object(fields, { 'x-kubernetes-map-type': 'atomic', ...extras });
}

export function mapOf(values: StructuralSchema): StructuralSchema {
  return { type: 'object', additionalProperties: values };
}

export function list(items: StructuralSchema, extras: Extras = {}): StructuralSchema {
  return { type: 'array', items, ...extras };
}

/** A list whose items are told apart by the named fields. */
export function mapList(keys: readonly string[], items: StructuralSchema, extras: Extras = {}): StructuralSchema {
  return list(items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys, ...extras });
}
