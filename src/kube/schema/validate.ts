import { fieldChild, fieldErrors, type FieldError } from './field-error.ts';
import { matchesFormat } from './formats.ts';
import { validateListUniqueness } from './list-uniqueness.ts';
import { compilePattern } from './pattern.ts';
import {
  isJsonObject,
  jsonEqual,
  mapValueSchema,
  ownEntry,
  type JsonObject,
  type StructuralSchema,
} from './structural-schema.ts';

/**
 * Checks a decoded JSON value against a structural schema and answers every violation, worded as the API server words it.
 * Unknown fields are not errors here (see unknownFields and pruneUnknownFields); CEL rules are checked by CelRules.
 */
export function validateSchema(schema: StructuralSchema, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = [];
  checkValue(schema, value, path, errors);
  errors.push(...validateListUniqueness(schema, value, path));
  return errors;
}

function jsonTypeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function allowedTypes(schema: StructuralSchema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/** A value of the wrong type is still checked by what it is: the real validator runs every check that fits the value. */
function checkValue(schema: StructuralSchema, value: unknown, path: string, errors: FieldError[]): void {
  const types = allowedTypes(schema);
  const actual = jsonTypeName(value);
  if (actual === 'null') {
    if (types.length > 0 && schema.nullable !== true) errors.push(wrongType(path, types, 'null'));
    checkEnum(schema, value, path, errors);
    return;
  }
  if (types.length > 0 && !types.includes(actual) && !(actual === 'integer' && types.includes('number'))) {
    errors.push(wrongType(path, types, actual));
  }
  checkCombinations(schema, value, path, errors);
  checkEnum(schema, value, path, errors);
  if (typeof value === 'string') checkString(schema, value, path, errors);
  else if (typeof value === 'number') checkNumber(schema, value, path, errors);
  else if (Array.isArray(value)) checkArray(schema, value, path, errors);
  else if (isJsonObject(value)) checkObject(schema, value, path, errors);
}

function wrongType(path: string, types: readonly string[], actual: string): FieldError {
  return fieldErrors.typeInvalid(path, actual, `${path} in body must be of type ${types.join(',')}: "${actual}"`);
}

function checkEnum(schema: StructuralSchema, value: unknown, path: string, errors: FieldError[]): void {
  if (schema.enum === undefined || schema.enum.some((allowed) => jsonEqual(allowed, value))) return;
  errors.push(
    fieldErrors.notSupported(
      path,
      value,
      schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
    ),
  );
}

function checkString(schema: StructuralSchema, value: string, path: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  // Lengths count Unicode code points, as the real validator does.
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) errors.push(fieldErrors.tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    errors.push(fieldErrors.invalid(path, value, `${path} in body should be at least ${String(minLength)} chars long`));
  }
  if (pattern !== undefined && compilePattern(pattern)?.test(value) === false) {
    errors.push(fieldErrors.invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && !matchesFormat(format, value)) {
    errors.push(
      fieldErrors.typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`),
    );
  }
}

function checkNumber(schema: StructuralSchema, value: number, path: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const fail = (text: string): void => {
    errors.push(fieldErrors.invalid(path, value, `${path} in body should be ${text}`));
  };
  if (multipleOf !== undefined && value % multipleOf !== 0) fail(`a multiple of ${String(multipleOf)}`);
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    fail(`less than ${exclusiveMaximum === true ? '' : 'or equal to '}${String(maximum)}`);
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    fail(`greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${String(minimum)}`);
  }
}

function checkArray(schema: StructuralSchema, value: readonly unknown[], path: string, errors: FieldError[]): void {
  const { minItems, maxItems, uniqueItems, items } = schema;
  if (minItems !== undefined && value.length < minItems) {
    errors.push(
      fieldErrors.invalid(path, value.length, `${path} in body should have at least ${String(minItems)} items`),
    );
  }
  if (maxItems !== undefined && value.length > maxItems) {
    errors.push(fieldErrors.tooMany(path, value.length, maxItems));
  }
  if (uniqueItems === true && value.some((item, i) => value.slice(0, i).some((other) => jsonEqual(item, other)))) {
    errors.push(fieldErrors.invalid(path, '', `${path} in body shouldn't contain duplicates`));
  }
  if (items !== undefined) {
    value.forEach((item, index) => {
      checkValue(items, item, `${path}[${String(index)}]`, errors);
    });
  }
}

function checkObject(schema: StructuralSchema, value: JsonObject, path: string, errors: FieldError[]): void {
  const keys = Object.keys(value);
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && keys.length < minProperties) {
    errors.push(
      fieldErrors.invalid(
        path,
        keys.length,
        `${path} in body should have at least ${String(minProperties)} properties`,
      ),
    );
  }
  if (maxProperties !== undefined && keys.length > maxProperties) {
    errors.push(fieldErrors.tooMany(path, keys.length, maxProperties));
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) errors.push(fieldErrors.required(fieldChild(path, name)));
  }
  if (schema['x-kubernetes-embedded-resource'] === true)
    for (const name of ['apiVersion', 'kind'])
      if (!Object.hasOwn(value, name)) errors.push(fieldErrors.required(fieldChild(path, name), 'must not be empty'));
  const valueSchema = mapValueSchema(schema);
  for (const key of keys) {
    const schemaOfKey = ownEntry(schema.properties, key) ?? valueSchema;
    if (schemaOfKey !== undefined) checkValue(schemaOfKey, value[key], fieldChild(path, key), errors);
  }
}

/** These errors name their place in the text only; the errors of the first branch say what was missed. */
function checkCombinations(schema: StructuralSchema, value: unknown, path: string, errors: FieldError[]): void {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const check = (branch: StructuralSchema): FieldError[] => {
    const found: FieldError[] = [];
    checkValue(branch, value, path, found);
    return found;
  };
  const fail = (text: string): void => {
    errors.push(fieldErrors.invalid('<nil>', '', `"${path}" ${text}`));
  };
  const any = anyOf.map(check);
  if (any.length > 0 && any.every((found) => found.length > 0)) {
    fail('must validate at least one schema (anyOf)');
    errors.push(...(any[0] ?? []));
  }
  const one = oneOf.map(check);
  const valid = one.filter((found) => found.length === 0).length;
  if (one.length > 0 && valid !== 1) {
    const found = valid === 0 ? 'Found none valid' : `Found ${String(valid)} valid alternatives`;
    fail(`must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) errors.push(...(one[0] ?? []));
  }
  const all = allOf.map(check);
  errors.push(...all.flat());
  if (all.some((found) => found.length > 0)) {
    fail(`must validate all the schemas (allOf)${all.every((found) => found.length > 0) ? '. None validated' : ''}`);
  }
  if (not !== undefined && check(not).length === 0) fail('must not validate the schema (not)');
}
