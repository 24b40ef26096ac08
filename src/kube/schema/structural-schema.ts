/**
 * The schema language of `openAPIV3Schema` in CustomResourceDefinitions (apiextensions.k8s.io/v1), as data. Built-in kinds
 * use the same language plus the two patch extensions of the published Kubernetes OpenAPI documents.
 */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  title?: string;
  format?: string;
  default?: unknown;
  nullable?: boolean;
  enum?: readonly unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, StructuralSchema>>;
  additionalProperties?: StructuralSchema | boolean;
  items?: StructuralSchema;
  allOf?: readonly StructuralSchema[];
  anyOf?: readonly StructuralSchema[];
  oneOf?: readonly StructuralSchema[];
  not?: StructuralSchema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-validations'?: readonly ValidationRule[];
  /** Built-in kinds only: `merge`, `replace`, `retainKeys` or two of them joined by a comma. */
  'x-kubernetes-patch-strategy'?: string;
  /** Built-in kinds only: a struct held by value, which is there even when nothing of it is set. */
  isAlwaysPresent?: boolean;
  /** Built-in kinds only: what is printed of the field when it is empty; without it a number or flag is kept, all else left out. */
  zeroValue?: 'printed' | 'dropped' | 'kept';
  /** Built-in kinds only: a time that is printed with microseconds. */
  isMicroTime?: boolean;
  /** Built-in kinds only: the key by which strategic merge matches list items. */
  'x-kubernetes-patch-merge-key'?: string;
}

/** One CEL rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  /** A CEL expression that computes the message; `message` is the fallback when it fails. */
  messageExpression?: string;
  reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  /** Path below the schema's place that the error is reported on, e.g. `.foo.bar`. */
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema of the values of a map, or undefined when the schema describes no map. */
export function mapValueSchema(schema: StructuralSchema): StructuralSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The schema of `object[key]`, or undefined when the schema does not know that field. */
export function childSchema(schema: StructuralSchema | undefined, key: string): StructuralSchema | undefined {
  if (schema === undefined) return undefined;
  return ownEntry(schema.properties, key) ?? mapValueSchema(schema);
}

/** `record[key]` for keys of the record itself: a field called `constructor` is a field like any other. */
export function ownEntry<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** True when two JSON values are equal; the order of object keys does not matter. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}
