import type { StructuralSchema } from '../structural-schema.ts';
import { builtinType, builtinTypeName, type BuiltinField, type FieldType } from './builtin-type-table.ts';

const schemas = new Map<string, StructuralSchema>();

/** The schema of a built-in kind, e.g. of `apps/v1` and `Deployment`; undefined for kinds that are not built in. */
export function builtinSchema(apiVersion: string, kind: string): StructuralSchema | undefined {
  const name = builtinTypeName(apiVersion, kind);
  return name === undefined ? undefined : schemaOfType(name);
}

function schemaOfType(name: string): StructuralSchema {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const type = builtinType(name);
  if (type === undefined) return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const required = type.fields.filter((field) => field.isRequired).map((field) => field.name);
  const schema: StructuralSchema = {
    type: 'object',
    // Built-in decoders take null for any field that is left out.
    nullable: true,
    ...(required.length > 0 && { required }),
    ...(type.isAtomic && { 'x-kubernetes-map-type': 'atomic' as const }),
    properties: Object.fromEntries(type.fields.map((field) => [field.name, schemaOfField(field)])),
  };
  schemas.set(name, schema);
  return schema;
}

function schemaOfField(field: BuiltinField): StructuralSchema {
  const schema = schemaOf(field.type);
  const extras: StructuralSchema = {
    ...(field.patchStrategy !== undefined && { 'x-kubernetes-patch-strategy': field.patchStrategy }),
    ...(field.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.default !== undefined && { default: defaultOf(schema, field.default) }),
    ...(field.isAlwaysPresent && { isAlwaysPresent: true }),
    ...(field.zeroValue !== undefined && { zeroValue: field.zeroValue }),
    ...(field.isMicroTime && { isMicroTime: true }),
  };
  return Object.keys(extras).length === 0 ? schema : { ...schema, ...extras };
}

function defaultOf(schema: StructuralSchema, text: string): unknown {
  if (schema.type === 'integer' || schema.type === 'number') return Number(text);
  return schema.type === 'boolean' ? text === 'true' : text;
}

function schemaOf(type: FieldType): StructuralSchema {
  switch (type.kind) {
    case 'reference':
      return schemaOfType(type.name);
    case 'map':
      return {
        type: 'object',
        nullable: true,
        additionalProperties: schemaOf(type.of),
        ...(type.isAtomic && { 'x-kubernetes-map-type': 'atomic' as const }),
      };
    case 'list':
      return { type: 'array', nullable: true, items: schemaOf(type.of), ...listSemantics(type.relation) };
    case 'word':
      return { nullable: true, ...wordSchema(type.word) };
  }
}

function listSemantics(relation: 'none' | 'set' | readonly string[]): Partial<StructuralSchema> {
  if (relation === 'none') return { 'x-kubernetes-list-type': 'atomic' };
  if (relation === 'set') return { 'x-kubernetes-list-type': 'set' };
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': relation };
}

/** The schema of a word of the table's notation. */
export function wordSchema(word: string): StructuralSchema {
  switch (word) {
    case 'string':
    case 'boolean':
    case 'number':
      return { type: word };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: word };
    case 'byte':
    case 'date-time':
      return { type: 'string', format: word };
    case 'quantity':
      return { format: 'quantity', anyOf: [{ type: 'string' }, { type: 'number' }] };
    case 'int-or-string':
      return { 'x-kubernetes-int-or-string': true };
    case 'raw':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' };
    case 'object':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    default:
      return { 'x-kubernetes-preserve-unknown-fields': true };
  }
}
