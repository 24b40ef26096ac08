import { loadCelRules } from './cel-rules.ts';
import { applyDefaults } from './defaults.ts';
import type { FieldError } from './field-error.ts';
import { customResourceSchema } from './object-metadata.ts';
import { isUnchanged } from './ratcheting.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { pruneUnknownFields, unknownFields } from './unknown-fields.ts';
import { validateSchema } from './validate.ts';

/** Everything that the schema of one CRD version says about its objects. */
export interface CustomResourceValidator {
  /** The CRD's schema with apiVersion, kind and ObjectMeta filled in: what patches and server-side apply need. */
  readonly schema: StructuralSchema;
  /** Paths of unknown fields, for `fieldValidation` Strict and Warn. */
  unknownFields(object: unknown): string[];
  /** A copy without unknown fields. */
  prune<T>(object: T): T;
  /** Fills in defaults in place and answers the same object. */
  applyDefaults<T>(object: T): T;
  /** Built-in kinds: the object as the server prints it, after the server's own changes. May change the object. */
  complete?<T>(object: T): T;
  /** Schema violations, then CEL violations; `oldObject` is the stored object of an update. */
  validate(object: unknown, oldObject?: unknown): FieldError[];
}

/** Reasons that keep CEL rules from running: their expressions rely on the shape of the object. */
const BLOCKING = new Set<FieldError['reason']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const NOT_CHECKED: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** Builds the validator of `spec.versions[].schema.openAPIV3Schema`; loads the CEL library only when the schema has rules. */
export async function customResourceValidator(openApiSchema: StructuralSchema): Promise<CustomResourceValidator> {
  const schema = customResourceSchema(openApiSchema);
  const cel = await loadCelRules(schema);
  return {
    schema,
    unknownFields: (object) => unknownFields(schema, object),
    prune: (object) => pruneUnknownFields(schema, object).object,
    applyDefaults: (object) => applyDefaults(schema, object),
    validate: (object, oldObject) => {
      const errors = validateSchema(schema, object).filter(
        (error) => oldObject === undefined || !isUnchanged(error, object, oldObject),
      );
      if (errors.some((error) => BLOCKING.has(error.reason))) return cel.hasRules ? [...errors, NOT_CHECKED] : errors;
      return [...errors, ...cel.validate(object, oldObject)];
    },
  };
}
