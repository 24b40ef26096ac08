import type { Environment } from '@marcbachmann/cel-js';
import { celFieldName } from '../cel-values.ts';
import { isPresent, schemaOf, schemasByName, type RawSchema } from './schema-parts.ts';

const STRING_FORMATS: Readonly<Record<string, string>> = {
  byte: 'bytes',
  duration: 'google.protobuf.Duration',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
};
const SCALARS: Readonly<Record<string, string>> = { boolean: 'bool', number: 'double', integer: 'int' };

/**
 * The CEL type of what a schema describes, its object types declared in the environment; undefined for what rules cannot see,
 * as values without a declared type.
 */
export function celTypeOf(schema: RawSchema, environment: Environment, isWhole = false): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return 'dyn';
  const type = schema['type'];
  if (type === 'string') return STRING_FORMATS[String(schema['format'])] ?? 'string';
  if (type === 'array') {
    const items = schemaOf(schema, 'items');
    const item = items && celTypeOf(items, environment, isEmbedded(items));
    return item === undefined ? undefined : `list<${item}>`;
  }
  if (type !== 'object') return SCALARS[String(type)];
  const values = schemaOf(schema, 'additionalProperties');
  if (values) {
    const value = celTypeOf(values, environment, isEmbedded(values));
    return value === undefined ? undefined : `map<string, ${value}>`;
  }
  const fields: Record<string, string> = {};
  for (const [name, property] of schemasByName(schema, 'properties')) {
    const escaped = celFieldName(name);
    const field = celTypeOf(property, environment, isEmbedded(property));
    if (escaped !== undefined && field !== undefined) fields[escaped] = field;
  }
  if (isWhole || isEmbedded(schema)) {
    fields['apiVersion'] = fields['kind'] = 'string';
    fields['metadata'] = declare(environment, { name: 'string', generateName: 'string' });
  }
  return declare(environment, fields);
}

const isEmbedded = (schema: RawSchema): boolean =>
  isPresent(schema['x-kubernetes-embedded-resource']) && schema['x-kubernetes-embedded-resource'] === true;

function declare(environment: Environment, fields: Record<string, string>): string {
  const name = `Object${String(environment.getDefinitions().variables.length)}_${String(declared++)}`;
  environment.registerType(name, { fields });
  return name;
}

/** Names of types only have to differ. */
let declared = 0;
