import { z } from 'zod';
import type { FieldPath } from './field-path.ts';

/** What a field's schema says about it beside its type, through `.meta`. */
export interface FieldMeta {
  readonly description?: string | undefined;
  /** In words: what the value must look like. */
  readonly expects?: string | undefined;
  /** Variable of the guide that the field replaces; several by commas. */
  readonly guideVariable?: string | undefined;
  /** In words: the default, where it comes from other fields. */
  readonly derivedDefault?: string | undefined;
  readonly secret?: boolean | undefined;
}

export interface UnwrappedSchema {
  /** The schema without optional, default and prefault around it. */
  readonly schema: z.core.$ZodType;
  /** Meta of all layers, the outermost winning. */
  readonly meta: FieldMeta;
  readonly optional: boolean;
  /** The constant default, when there is one. */
  readonly defaultValue?: unknown;
}

/** Takes the layers off a field's schema and collects what they say. */
export function unwrapSchema(schema: z.core.$ZodType): UnwrappedSchema {
  let meta: FieldMeta = {};
  let optional = false;
  let defaults: { defaultValue?: unknown } = {};
  let at = schema;
  for (;;) {
    meta = { ...z.globalRegistry.get(at as z.ZodType), ...meta };
    if (at instanceof z.ZodOptional) optional = true;
    else if (at instanceof z.ZodDefault || at instanceof z.ZodPrefault) {
      optional = true;
      if (!('defaultValue' in defaults)) defaults = { defaultValue: at.def.defaultValue };
    } else return { schema: at, meta, optional, ...defaults };
    at = at.def.innerType;
  }
}

/** The schemas of the fields that can stand below this one, by key; a union offers those of all its options. */
export function childrenOf(schema: z.core.$ZodType): Map<string, z.core.$ZodType> {
  const plain = unwrapSchema(schema).schema;
  if (plain instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = plain.def.shape;
    return new Map(Object.entries(shape));
  }
  if (plain instanceof z.ZodUnion) return new Map(plain.def.options.flatMap((option) => [...childrenOf(option)]));
  return new Map();
}

/** The schema of one element, for a list. */
export function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const plain = unwrapSchema(schema).schema;
  return plain instanceof z.ZodArray ? plain.def.element : undefined;
}

/** The schema of the field at `path`, or undefined where the schema knows none. */
export function schemaAt(schema: z.core.$ZodType, path: FieldPath): z.core.$ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema;
  for (const step of path) {
    if (at === undefined) return undefined;
    at = typeof step === 'number' ? elementOf(at) : childrenOf(at).get(step);
  }
  return at;
}

export interface SchemaField {
  /** `controlPlane.nodes[].ip`. */
  readonly path: string;
  readonly field: UnwrappedSchema;
}

/** Every field of a schema, parents before children, in the order of the file. */
export function* fieldsOf(schema: z.core.$ZodType, parent = ''): Generator<SchemaField> {
  for (const [key, child] of childrenOf(schema)) {
    const path = parent === '' ? key : `${parent}.${key}`;
    yield { path, field: unwrapSchema(child) };
    const element = elementOf(child);
    yield* element === undefined ? fieldsOf(child, path) : fieldsOf(element, `${path}[]`);
  }
}

/** In words: the values that a schema takes. */
export function describeType(schema: z.core.$ZodType): string {
  const { schema: plain, meta } = unwrapSchema(schema);
  if (meta.secret) return 'a secret reference, env:NAME or file:PATH';
  if (meta.expects !== undefined) return meta.expects;
  if (plain instanceof z.ZodLiteral) return [...plain.values].map(String).join(' or ');
  if (plain instanceof z.ZodEnum)
    return plain.options
      .map(String)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1');
  if (plain instanceof z.ZodUnion) return plain.def.options.map(describeType).join(', or ');
  if (plain instanceof z.ZodArray) return `a list of ${describeElement(plain.def.element)}`;
  if (plain instanceof z.ZodObject) return `a block of fields (${[...childrenOf(plain).keys()].join(', ')})`;
  if (plain instanceof z.ZodBoolean) return 'true or false';
  if (plain instanceof z.ZodNumber) return plain.isInt ? 'a whole number' : 'a number';
  return 'text';
}

function describeElement(element: z.core.$ZodType): string {
  const described = describeType(element);
  return described.startsWith('a block of fields')
    ? described.replace('a block', 'blocks')
    : `entries, each ${described}`;
}
