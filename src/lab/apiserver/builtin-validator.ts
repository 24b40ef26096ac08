import {
  applyDefaults,
  builtinSchema,
  emptyRequiredTexts,
  printedForm,
  pruneUnknownFields,
  unknownFields,
  validateSchema,
  type CustomResourceValidator,
} from '../../kube/schema/index.ts';
import { badRequest } from './status-error.ts';

/**
 * The schema of a built-in kind, used as a decoder into its Go type would: null means absent, wrong types are a bad request rather
 * than an invalid object, and what comes out is what such a value prints.
 */
export function builtInValidator(apiVersion: string, kind: string): CustomResourceValidator | undefined {
  const schema = builtinSchema(apiVersion, kind);
  if (!schema) return undefined;
  return {
    schema,
    unknownFields: (object) => unknownFields(schema, object),
    prune: (object) => {
      const pruned = pruneUnknownFields(schema, object).object;
      const wrong = validateSchema(schema, pruned).find(
        (e) => e.reason === 'FieldValueTypeInvalid' && !isEmptyBytes(e.message),
      );
      if (wrong)
        throw badRequest(
          `${kind} in version ${JSON.stringify(apiVersion.split('/').at(-1))} cannot be handled as a ${kind}: json: cannot unmarshal into Go struct field ${kind}.${wrong.field}: ${wrong.message}`,
        );
      return printedForm(schema, pruned);
    },
    applyDefaults: (object) => applyDefaults(schema, object),
    complete: (object) => printedForm(schema, object),
    // The kinds' own rules say the rest. What Go types require of a status is that it decodes: its writers are trusted.
    validate: (object) => emptyRequiredTexts(schema, object).filter((e) => !e.field.startsWith('status.')),
  };
}

/** In Go an empty string is the base64 of no bytes; the schema format `byte` knows no such value. */
function isEmptyBytes(message: string): boolean {
  return message.includes('must be of type byte: ""');
}
