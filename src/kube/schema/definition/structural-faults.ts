import { fieldErrors, formatFieldError, type FieldError } from '../field-error.ts';
import { jsonEqual } from '../structural-schema.ts';
import { patternFault } from './pattern-fault.ts';
import { isPresent, schemaOf, schemasByName, schemasIn, schemaText, type RawSchema } from './schema-parts.ts';

type Level = 'root' | 'item' | 'field';

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/**
 * What keeps a schema from being structural (Kubernetes docs, "Specifying a structural schema"): every value has a type, the logical
 * junctors only restrict what is declared beside them, metadata is restricted in its names at most. In the order of their texts.
 */
export function structuralFaults(schema: RawSchema, path: string): FieldError[] {
  const faults = [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)];
  return faults
    .map((fault) => [formatFieldError(fault), fault] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, fault]) => fault);
}

function invariants(schema: RawSchema, level: Level, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const { type } = schema;
  const items = schemaOf(schema, 'items');
  if (type === 'array' && !items) faults.push(fieldErrors.required(`${path}.items`, 'must be specified'));
  if (items) faults.push(...invariants(items, 'item', `${path}.items`));
  for (const [name, property] of schemasByName(schema, 'properties'))
    faults.push(...invariants(property, 'field', `${path}.properties[${name}]`));
  if (isPresent(schema['additionalProperties'])) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') faults.push(fieldErrors.forbidden(at, 'must not be used at the root'));
    const values = schemaOf(schema, 'additionalProperties');
    if (values) faults.push(...invariants(values, 'field', at));
  }
  faults.push(...extensionFaults(schema, path), ...valueFaults(schema, path, isIntOrString(schema)));
  faults.push(...typeFaults(schema, level, path), ...metadataFaults(schema, level, path));
  return faults;
}

function extensionFaults(schema: RawSchema, path: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  return ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']
    .filter((name) => schema[name] === true)
    .map((name) => fieldErrors.invalid(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeFaults(schema: RawSchema, level: Level, path: string): FieldError[] {
  const type = schemaText(schema, 'type');
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const faults: FieldError[] = [];
  const at = `${path}.type`;
  if (isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    faults.push(type === '' ? fieldErrors.required(at, detail) : fieldErrors.invalid(at, type, detail));
  } else if (
    type === '' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  )
    faults.push(fieldErrors.required(at, NO_TYPE[level]));
  if (isEmbedded && isPresent(schema['additionalProperties']))
    faults.push(
      fieldErrors.forbidden(
        `${path}.additionalProperties`,
        'must not be used if x-kubernetes-embedded-resource is set',
      ),
    );
  if (level === 'root' && type !== '' && type !== 'object')
    faults.push(fieldErrors.invalid(at, type, 'must be object at the root'));
  return faults;
}

function metadataFaults(schema: RawSchema, level: Level, path: string): FieldError[] {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const properties = schemaOf(schema, 'properties') ?? {};
  const faults: FieldError[] = [];
  if (level === 'root' || isEmbedded) {
    for (const [name, type] of [
      ['kind', 'string'],
      ['apiVersion', 'string'],
      ['metadata', 'object'],
    ] as const) {
      const property = schemaOf(properties, name);
      if (property && property['type'] !== type)
        faults.push(
          fieldErrors.invalid(`${path}.properties[${name}].type`, schemaText(property, 'type'), `must be ${type}`),
        );
    }
  }
  const metadata = schemaOf(properties, 'metadata');
  if (level === 'root' && metadata && !restrictsNamesOnly(metadata))
    faults.push(
      fieldErrors.forbidden(
        `${path}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  if (isEmbedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && Object.keys(properties).length === 0)
    faults.push(
      fieldErrors.required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  return faults;
}

function restrictsNamesOnly(metadata: RawSchema): boolean {
  const { type: _, default: __, properties, ...rest } = metadata;
  const isBare = Object.values(rest).every((v) => v === undefined || v === null || v === false || v === '');
  const names = Object.keys(properties ?? {});
  return isBare && names.every((name) => name === 'name' || name === 'generateName');
}

/** The two forms in which `x-kubernetes-int-or-string` may say once more what its type is. */
function isIntOrString(schema: RawSchema): { readonly anyOf: boolean; readonly allOf: boolean } {
  const [first] = schemasIn(schema, 'allOf');
  return {
    anyOf: jsonEqual(schema['anyOf'], INT_OR_STRING),
    allOf: first !== undefined && jsonEqual(first['anyOf'], INT_OR_STRING),
  };
}

const NO_SKIP = { anyOf: false, allOf: false };

function valueFaults(schema: RawSchema, path: string, skip: { anyOf: boolean; allOf: boolean }): FieldError[] {
  const faults: FieldError[] = [];
  if (!skip.anyOf)
    schemasIn(schema, 'anyOf').forEach((branch, i) => {
      faults.push(...branchFaults(branch, `${path}.anyOf[${String(i)}]`, NO_SKIP));
    });
  schemasIn(schema, 'allOf').forEach((branch, i) => {
    const inner = { anyOf: skip.allOf && i === 0, allOf: false };
    faults.push(...branchFaults(branch, `${path}.allOf[${String(i)}]`, inner));
  });
  schemasIn(schema, 'oneOf').forEach((branch, i) => {
    faults.push(...branchFaults(branch, `${path}.oneOf[${String(i)}]`, NO_SKIP));
  });
  const not = schemaOf(schema, 'not');
  if (not) faults.push(...branchFaults(not, `${path}.not`, NO_SKIP));
  const pattern = schemaText(schema, 'pattern');
  const wrong = pattern === '' ? undefined : patternFault(pattern);
  if (wrong !== undefined)
    faults.push(
      fieldErrors.invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${wrong}`),
    );
  return faults;
}

/** Keywords that a branch of a junctor may not use, and what the refusal calls their only allowed value. */
const FORBIDDEN: readonly (readonly [string, 'empty' | 'false' | 'undefined'])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

function branchFaults(branch: RawSchema, path: string, skip: { anyOf: boolean; allOf: boolean }): FieldError[] {
  const faults = valueFaults(branch, path, skip);
  const items = schemaOf(branch, 'items');
  if (items) faults.push(...branchFaults(items, `${path}.items`, NO_SKIP));
  for (const [name, property] of schemasByName(branch, 'properties'))
    faults.push(...branchFaults(property, `${path}.properties[${name}]`, NO_SKIP));
  for (const [name, allowed] of FORBIDDEN) {
    const value = branch[name];
    const isUsed = isPresent(value) && (allowed === 'undefined' || !isZero(value));
    if (isUsed) faults.push(fieldErrors.forbidden(`${path}.${name}`, `must be ${allowed} to be structural`));
  }
  if (schemaOf(schemaOf(branch, 'properties'), 'metadata'))
    faults.push(fieldErrors.forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  return faults;
}

const isZero = (value: unknown): boolean =>
  value === '' || value === false || (Array.isArray(value) && value.length === 0);

/** Everything that a junctor restricts must be declared outside of it. */
function completeness(holder: RawSchema, declared: RawSchema, path: string, at: string): FieldError[] {
  const faults: FieldError[] = [];
  const not = schemaOf(holder, 'not');
  if (not) faults.push(...branchCompleteness(not, declared, path, `${at}.not`));
  for (const key of ['allOf', 'anyOf', 'oneOf'])
    schemasIn(holder, key).forEach((branch, i) => {
      faults.push(...branchCompleteness(branch, declared, path, `${at}.${key}[${String(i)}]`));
    });
  return faults;
}

function branchCompleteness(
  branch: RawSchema,
  declared: RawSchema | undefined,
  path: string,
  at: string,
): FieldError[] {
  if (!declared) return [fieldErrors.required(path, `because it is defined in ${at}`)];
  const faults = completeness(branch, declared, path, at);
  const items = schemaOf(branch, 'items');
  if (items) faults.push(...branchCompleteness(items, schemaOf(declared, 'items'), `${path}.items`, `${at}.items`));
  for (const [name, property] of schemasByName(branch, 'properties')) {
    const step = `.properties[${name}]`;
    const own = schemaOf(schemaOf(declared, 'properties'), name);
    faults.push(...branchCompleteness(property, own, `${path}${step}`, `${at}${step}`));
  }
  return faults;
}
