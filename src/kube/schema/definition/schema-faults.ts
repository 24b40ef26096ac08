import { fieldErrors, type FieldError } from '../field-error.ts';
import { fieldOfPath } from './field-of-path.ts';
import {
  goStrings,
  isPresent,
  schemaOf,
  schemasByName,
  schemasIn,
  schemaText,
  textsIn,
  type RawSchema,
} from './schema-parts.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];
const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);
const RULES = 'x-kubernetes-validations';

/** Where a rule stands: its schema, the schema's path, and the first place above that has no lasting identity. */
export interface RuledSchema {
  readonly schema: RawSchema;
  readonly path: string;
  readonly isRoot: boolean;
  /** The path of the list or map whose items cannot be told apart, so that `oldSelf` has no meaning below it. */
  readonly uncorrelatable: string | undefined;
}

interface Place {
  readonly path: string;
  readonly isRoot: boolean;
  readonly uncorrelatable: string | undefined;
  readonly insideMeta: boolean;
  /** Why no default may be set here. */
  readonly noDefaults: string | undefined;
  /** Inside a junctor; rules are not looked at there. */
  readonly isBranch: boolean;
}

/**
 * What is wrong with the keywords of a schema and how they stand together: list and map types, keys of lists, what Kubernetes leaves
 * out of OpenAPI. `ruled` gets the schemas with CEL rules, for whoever compiles them.
 */
export function schemaFaults(schema: RawSchema, path: string, ruled: RuledSchema[]): FieldError[] {
  return faultsAt(
    schema,
    { path, isRoot: true, uncorrelatable: undefined, insideMeta: false, noDefaults: undefined, isBranch: false },
    ruled,
  );
}

function faultsAt(schema: RawSchema, place: Place, ruled: RuledSchema[]): FieldError[] {
  const { path } = place;
  const faults = keywordFaults(schema, place);
  const below = (child: RawSchema | undefined, step: string, changes: Partial<Place> = {}): void => {
    if (child) faults.push(...faultsAt(child, { ...place, ...changes, isRoot: false, path: `${path}${step}` }, ruled));
  };
  const properties = schemasByName(schema, 'properties');
  const values = schema['additionalProperties'];
  if (isPresent(values)) {
    if (properties.length > 0 && values !== true)
      faults.push(
        fieldErrors.forbidden(
          `${path}.additionalProperties`,
          'additionalProperties and properties are mutual exclusive',
        ),
      );
    below(
      schemaOf(schema, 'additionalProperties'),
      '.additionalProperties',
      place.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {},
    );
  }
  const isWhole = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  for (const [name, property] of properties)
    below(property, `.properties[${name}]`, {
      ...(schema['x-kubernetes-map-type'] === 'atomic' && { uncorrelatable: place.uncorrelatable ?? path }),
      ...(isWhole && META_FIELDS.has(name) && { insideMeta: true }),
      ...(place.isRoot && META_FIELDS.has(name) && { noDefaults: `in top-level ${name}` }),
    });
  below(schemaOf(schema, 'not'), '.not', { isBranch: true });
  for (const key of ['allOf', 'oneOf', 'anyOf'])
    schemasIn(schema, key).forEach((branch, i) => {
      below(branch, `.${key}[${String(i)}]`, { isBranch: true });
    });
  below(
    schemaOf(schema, 'items'),
    '.items',
    schema['x-kubernetes-list-type'] === 'map' ? {} : { uncorrelatable: place.uncorrelatable ?? path },
  );
  faults.push(...typeFaults(schema, path), ...listMapFaults(schema, path), ...itemFaults(schema, path));
  const rules = schemasIn(schema, RULES);
  rules.forEach((rule, i) => faults.push(...ruleTextFaults(schema, rule, `${path}.${RULES}[${String(i)}]`)));
  if (rules.length > 0 && !place.isBranch && faults.length === 0)
    ruled.push({ schema, path, isRoot: place.isRoot, uncorrelatable: place.uncorrelatable });
  return faults;
}

function keywordFaults(schema: RawSchema, { path, insideMeta, noDefaults }: Place): FieldError[] {
  const faults: FieldError[] = [];
  const type = schemaText(schema, 'type');
  if (type !== '' && !TYPES.includes(type)) faults.push(fieldErrors.notSupported(`${path}.type`, type, TYPES));
  if (isPresent(schema['default']) && noDefaults !== undefined)
    faults.push(fieldErrors.forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  for (const name of UNSUPPORTED)
    if (isPresent(schema[name])) faults.push(fieldErrors.forbidden(`${path}.${name}`, `${name} is not supported`));
  if (type === 'null')
    faults.push(fieldErrors.forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema['items']))
    faults.push(fieldErrors.forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (insideMeta && schema['x-kubernetes-embedded-resource'] === true)
    faults.push(
      fieldErrors.forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'),
    );
  if (schema['uniqueItems'] === true)
    faults.push(
      fieldErrors.forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  return faults;
}

function typeFaults(schema: RawSchema, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const type = schemaText(schema, 'type');
  const mustBe = (wanted: string, keyword: string): void => {
    const detail = `must be ${wanted} if ${keyword} is specified`;
    const at = `${path}.type`;
    faults.push(type === '' ? fieldErrors.required(at, detail) : fieldErrors.invalid(at, type, detail));
  };
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    faults.push(
      fieldErrors.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'),
    );
  const mapType = schema['x-kubernetes-map-type'];
  if (isPresent(mapType)) {
    if (type !== 'object') mustBe('object', 'x-kubernetes-map-type');
    if (mapType !== 'atomic' && mapType !== 'granular')
      faults.push(fieldErrors.notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  }
  const listType = schema['x-kubernetes-list-type'];
  if (!isPresent(listType)) return faults;
  if (type !== 'array') mustBe('array', 'x-kubernetes-list-type');
  else if (listType === 'set') faults.push(...setFaults(schemaOf(schema, 'items'), `${path}.items`));
  if (listType !== 'atomic' && listType !== 'set' && listType !== 'map')
    faults.push(fieldErrors.notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
  return faults;
}

/** Items of a set are compared as a whole. */
function setFaults(items: RawSchema | undefined, path: string): FieldError[] {
  const listType = items?.['x-kubernetes-list-type'];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items?.['type'] === 'array' && isPresent(listType) && listType !== 'atomic')
    return [fieldErrors.invalid(`${path}.x-kubernetes-list-type`, listType, detail)];
  // The real server shows the list type here, too.
  if (items?.['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [fieldErrors.invalid(`${path}.x-kubernetes-map-type`, listType, detail)];
  return [];
}

function listMapFaults(schema: RawSchema, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const keys = textsIn(schema, 'x-kubernetes-list-map-keys');
  const listType = schema['x-kubernetes-list-type'];
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const place = `${path}.x-kubernetes-list-type`;
    return [isPresent(listType) ? fieldErrors.invalid(place, listType, detail) : fieldErrors.required(place, detail)];
  }
  if (listType !== 'map') return [];
  if (keys.length === 0) faults.push(fieldErrors.required(at, 'must not be empty if x-kubernetes-list-type is map'));
  const items = schemaOf(schema, 'items');
  if (!items)
    return [...faults, fieldErrors.required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  const scalar = "if parent array's x-kubernetes-list-type is map";
  if (items['type'] !== 'object')
    return [
      ...faults,
      fieldErrors.invalid(`${path}.items.type`, schemaText(items, 'type'), `must be object ${scalar}`),
    ];
  const keysFault = (detail: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field: at,
    message: `Invalid value: ${goStrings(keys)}: ${detail}`,
  });
  keys.forEach((key, i) => {
    const property = schemaOf(schemaOf(items, 'properties'), key);
    const type = property?.['type'];
    if (!property) faults.push(keysFault('entries must all be names of item properties'));
    else if (type === 'array' || type === 'object')
      // The real server shows the type of the items, not that of the key.
      faults.push(
        fieldErrors.invalid(`${path}.items.properties[${key}].type`, 'object', `must be a scalar type ${scalar}`),
      );
    if (keys.indexOf(key) !== i) faults.push(keysFault('must not contain duplicate entries'));
  });
  return faults;
}

/** Items of sets and list maps are there, and so are the keys of a list map. */
function itemFaults(schema: RawSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const items = schemaOf(schema, 'items');
  if (!items || (listType !== 'set' && listType !== 'map')) return [];
  const faults: FieldError[] = [];
  if (items['nullable'] === true)
    faults.push(
      fieldErrors.forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    );
  if (listType === 'set') return faults;
  const required = textsIn(items, 'required');
  for (const key of textsIn(schema, 'x-kubernetes-list-map-keys')) {
    const property = schemaOf(schemaOf(items, 'properties'), key);
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    const isKey = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!required.includes(key) && !isPresent(property['default']))
      faults.push(fieldErrors.required(`${at}.default`, `${isKey} must have a default or be a required property`));
    if (property['nullable'] === true)
      faults.push(fieldErrors.forbidden(`${at}.nullable`, `${isKey} cannot be nullable`));
  }
  return faults;
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

function ruleTextFaults(schema: RawSchema, rule: RawSchema, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const text = schemaText(rule, 'rule').trim();
  const message = schemaText(rule, 'message');
  if (text === '') faults.push(fieldErrors.required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    faults.push(fieldErrors.invalid(`${path}.message`, message, 'message must be non-empty if specified'));
  else if (message.trim().includes('\n'))
    faults.push(fieldErrors.invalid(`${path}.message`, message, 'message must not contain line breaks'));
  else if (text.includes('\n') && message === '')
    faults.push(fieldErrors.required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  const expression = schemaText(rule, 'messageExpression');
  if (expression !== '' && expression.trim() === '')
    faults.push(fieldErrors.required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  const { reason } = rule;
  if (isPresent(reason) && !REASONS.includes(reason as string))
    faults.push(fieldErrors.notSupported(`${path}.reason`, reason, REASONS));
  const fieldPath = schemaText(rule, 'fieldPath');
  const wrongPath = (detail: string): void => {
    faults.push(fieldErrors.invalid(`${path}.fieldPath`, fieldPath, detail));
  };
  if (fieldPath === '') return faults;
  if (fieldPath.trim() === '') wrongPath('fieldPath must be non-empty if specified');
  if (fieldPath.includes('\n')) wrongPath('fieldPath must not contain line breaks');
  if ('fault' in fieldOfPath(schema, fieldPath)) wrongPath('fieldPath must be a valid path');
  return faults;
}
