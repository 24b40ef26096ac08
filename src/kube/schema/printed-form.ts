import { fieldChild, fieldErrors, type FieldError } from './field-error.ts';
import { canonicalQuantity } from './quantity.ts';
import { isJsonObject, mapValueSchema, ownEntry, type JsonObject, type StructuralSchema } from './structural-schema.ts';

/**
 * An object of a built-in kind as the API server prints it after it held it as a Go value: structs held by value are there, empty
 * texts, lists and maps are not, numbers of quantities and times have one spelling, null means absent. Changes the object.
 */
export function printedForm<T>(schema: StructuralSchema, object: T): T {
  return printed(schema, object) as T;
}

function printed(schema: StructuralSchema | undefined, value: unknown): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item: unknown) => printed(items, item ?? zeroOf(items)));
  }
  if (isJsonObject(value)) return printedObject(schema, value);
  if (schema.format === 'quantity') return canonicalQuantity(String(value)) ?? value;
  if (schema.format === 'date-time' && typeof value === 'string')
    return printedTime(value, schema.isMicroTime === true);
  return value;
}

function printedObject(schema: StructuralSchema, object: JsonObject): JsonObject {
  const { properties } = schema;
  const valueSchema = mapValueSchema(schema);
  if (properties === undefined && valueSchema === undefined) return object;
  for (const [key, value] of Object.entries(object)) {
    const field = ownEntry(properties, key);
    if (field === undefined) {
      if (valueSchema !== undefined) object[key] = printed(valueSchema, value ?? zeroOf(valueSchema));
      continue;
    }
    const form = value === null ? undefined : printed(field, value);
    if (form === undefined || isLeftOut(field, form)) Reflect.deleteProperty(object, key);
    else object[key] = form;
  }
  for (const [name, field] of alwaysPrinted(schema)) if (object[name] === undefined) object[name] = zeroOf(field);
  return object;
}

const printedFields = new WeakMap<StructuralSchema, readonly (readonly [string, StructuralSchema])[]>();

function alwaysPrinted(schema: StructuralSchema): readonly (readonly [string, StructuralSchema])[] {
  let fields = printedFields.get(schema);
  if (fields === undefined) {
    fields = Object.entries(schema.properties ?? {}).filter(
      ([, field]) => field.isAlwaysPresent === true || field.zeroValue === 'printed',
    );
    printedFields.set(schema, fields);
  }
  return fields;
}

/** An empty list or map has become nil on its way through the store, so that `[]` is never printed. */
function isLeftOut(field: StructuralSchema, value: unknown): boolean {
  if (field.zeroValue === 'kept') return false;
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return mapValueSchema(field) !== undefined && Object.keys(value).length === 0;
  if (value === '') return field.zeroValue !== 'printed';
  return field.zeroValue === 'dropped' && (value === 0 || value === false);
}

function zeroOf(field: StructuralSchema): unknown {
  if (field.isAlwaysPresent === true) return printedObject(field, {});
  if (field['x-kubernetes-int-or-string'] === true) return 0;
  switch (field.type) {
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'string':
      return field.format === 'date-time' || field.format === 'byte' ? null : '';
    default:
      return field.format === 'quantity' ? '0' : null;
  }
}

/** Whole seconds, or microseconds, in UTC; a text that is no time stays for the validation to find. */
function printedTime(text: string, micro: boolean): string {
  const match = /^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return text;
  const [, seconds = '', fraction = '', zone = ''] = match;
  const ms = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(ms)) return text;
  return `${new Date(ms).toISOString().slice(0, 19)}${micro ? `.${fraction.slice(0, 6).padEnd(6, '0')}` : ''}Z`;
}

/** An error for each text that must be given and is empty, in a printed form, where such texts are there. */
export function emptyRequiredTexts(schema: StructuralSchema, value: unknown, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item, index) => emptyRequiredTexts(items, item, `${path}[${String(index)}]`));
  }
  if (!isJsonObject(value)) return [];
  const valueSchema = mapValueSchema(schema);
  return Object.entries(value).flatMap(([key, entry]) => {
    const field = ownEntry(schema.properties, key) ?? valueSchema;
    if (field === undefined) return [];
    if (entry !== '') return emptyRequiredTexts(field, entry, fieldChild(path, key));
    return field.type === 'string' && schema.required?.includes(key) === true
      ? [fieldErrors.required(fieldChild(path, key))]
      : [];
  });
}
