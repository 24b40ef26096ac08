import { loadCelRules } from '../cel-rules.ts';
import { fieldErrors, type FieldError } from '../field-error.ts';
import { jsonEqual, type StructuralSchema } from '../structural-schema.ts';
import { pruneUnknownFields } from '../unknown-fields.ts';
import { validateSchema } from '../validate.ts';
import { isPresent, schemaOf, schemasByName, type RawSchema } from './schema-parts.ts';

const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);

/**
 * Defaults that their own schema would refuse or prune. The schema must be structural. Defaults of `metadata`, `kind` and
 * `apiVersion` are left out: they may not be set at the root at all.
 */
export async function defaultFaults(schema: RawSchema, path: string, isRoot = true): Promise<FieldError[]> {
  const faults: FieldError[] = [];
  const isWhole = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  if (isPresent(schema['default']))
    faults.push(
      ...(await faultsOfDefault({ ...schema, 'x-kubernetes-embedded-resource': isWhole }, `${path}.default`)),
    );
  const items = schemaOf(schema, 'items');
  if (items) faults.push(...(await defaultFaults(items, `${path}.items`, false)));
  for (const [name, property] of schemasByName(schema, 'properties'))
    if (!isWhole || !META_FIELDS.has(name))
      faults.push(...(await defaultFaults(property, `${path}.properties[${name}]`, false)));
  return faults;
}

async function faultsOfDefault(raw: RawSchema, path: string): Promise<FieldError[]> {
  const schema = raw as StructuralSchema;
  const value = raw['default'];
  const faults: FieldError[] = [];
  if (!jsonEqual(pruneUnknownFields(schema, value).object, value))
    faults.push(fieldErrors.invalid(path, value, 'must not have unknown fields'));
  const at = (error: FieldError): FieldError => ({
    ...error,
    field:
      error.field === '' || error.field === '<nil>'
        ? path
        : `${path}${error.field.startsWith('[') ? '' : '.'}${error.field}`,
  });
  const wrong = validateSchema(schema, value);
  if (wrong.length > 0) return [...faults, ...wrong.map(at)];
  return [...faults, ...(await loadCelRules(schema)).validate(value).map(at)];
}
