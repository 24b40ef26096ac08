/**
 * The schemas of Kubernetes objects: checking an object as the API server checks it (types, unknown fields, defaults, list
 * invariants, CEL rules), and a small language in which CustomResourceDefinitions are written.
 * Pure functions; only CEL rules need a library, which is loaded when a schema has any.
 */
export * from './structural-schema.ts';
export * from './field-error.ts';
export { validateSchema } from './validate.ts';
export { pruneUnknownFields, unknownFields } from './unknown-fields.ts';
export { applyDefaults } from './defaults.ts';
export { hasCelRules, loadCelRules, type CelRules } from './cel-rules.ts';
export { customResourceValidator, type CustomResourceValidator } from './custom-resource-validator.ts';
export { customResourceSchema, embeddedResourceSchema, objectMetaSchema } from './object-metadata.ts';
export { emptyRequiredTexts, printedForm } from './printed-form.ts';
export { canonicalQuantity, parseQuantity } from './quantity.ts';
export { builtinSchema } from './builtin/builtin-schema.ts';
export * as build from './schema-builder.ts';
export { definitionSchemaFaults, fieldOfPath, type FieldOfPath } from './definition/index.ts';
export { ageColumn, column, crd, type CrdDefinition, type CrdVersion, type PrinterColumn } from './crd-builder.ts';
export {
  builtinType,
  builtinTypeName,
  type BuiltinField,
  type BuiltinType,
  type FieldType,
} from './builtin/builtin-type-table.ts';
