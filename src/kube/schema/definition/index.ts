/**
 * What the schema of a CustomResourceDefinition must keep to be accepted: structural form, sound defaults, list and map types, CEL
 * rules that compile. Pure but for the CEL library, which is loaded when a schema has rules.
 */
export { definitionSchemaFaults } from './definition-schema-faults.ts';
export { fieldOfPath, type FieldOfPath } from './field-of-path.ts';
