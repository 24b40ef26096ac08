import { isJsonObject, mapValueSchema, ownEntry, type StructuralSchema } from './structural-schema.ts';

/** Words that CEL keeps for itself: a field of such a name is written `__word__` in a rule. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name by which a rule accesses a field, or undefined when it cannot (Kubernetes docs, field path escaping). */
export function celFieldName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return name;
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

/**
 * A JSON value as CEL sees it through its schema: integers are int (bigint), date-time strings timestamps, durations
 * durations, declared fields have their escaped names, map keys stay as they are. Fields that the schema does not declare are not visible.
 */
export function celValue(schema: StructuralSchema | undefined, value: unknown, convert: CelConversions): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value) : value;
  }
  if (typeof value === 'string') return celString(schema, value, convert);
  if (Array.isArray(value)) return value.map((item) => celValue(schema?.items, item, convert));
  if (!isJsonObject(value)) return value;
  const isFree =
    schema === undefined ||
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema.additionalProperties === true;
  const valueSchema = schema === undefined ? undefined : mapValueSchema(schema);
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const declared = ownEntry(schema?.properties, key);
    if (declared !== undefined) {
      const name = celFieldName(key);
      if (name !== undefined) result[name] = celValue(declared, entry, convert);
    } else if (valueSchema !== undefined || isFree) {
      result[key] = celValue(valueSchema, entry, convert);
    }
  }
  return result;
}

/** Conversions that need the CEL library, which is loaded lazily. */
export interface CelConversions {
  duration(text: string): unknown;
  timestamp(text: string): unknown;
}

function celString(schema: StructuralSchema | undefined, value: string, convert: CelConversions): unknown {
  if (schema?.format === 'duration') return convert.duration(value);
  if (schema?.format === 'date-time' || schema?.format === 'datetime') return convert.timestamp(value);
  return value;
}
