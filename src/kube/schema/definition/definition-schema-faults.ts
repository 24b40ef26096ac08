import { fieldErrors, type FieldError } from '../field-error.ts';
import { celFaults } from './cel-faults.ts';
import { defaultFaults } from './default-faults.ts';
import { schemaFaults, type RuledSchema } from './schema-faults.ts';
import { isPresent, schemaOf, schemasByName, schemasIn, type RawSchema } from './schema-parts.ts';
import { structuralFaults } from './structural-faults.ts';

/**
 * Why the schema of a CustomResourceDefinition is refused, in the API server's order and words (apiextensions.k8s.io/v1): not
 * structural, or with defaults that do not hold, or with keywords that do not go together, or with rules that do not compile. `path`
 * is the schema's own, such as `spec.validation.openAPIV3Schema`.
 */
export async function definitionSchemaFaults(schema: RawSchema, path: string): Promise<FieldError[]> {
  const faults: FieldError[] = [];
  if (schema['nullable'] === true)
    faults.push(fieldErrors.forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  let isSound = false;
  // A schema that no structural one can be made of is judged by its keywords alone.
  if (isConvertible(schema)) {
    const structural = structuralFaults(schema, path);
    const wrong = structural.length > 0 ? structural : await defaultFaults(schema, path);
    faults.push(...wrong);
    isSound = wrong.length === 0;
  }
  const ruled: RuledSchema[] = [];
  faults.push(...schemaFaults(schema, path, ruled));
  if (isSound) faults.push(...(await celFaults(ruled)));
  return faults;
}

const UNSUPPORTED = ['id', '$schema', '$ref', 'patternProperties', 'dependencies', 'additionalItems', 'definitions'];

function isConvertible(schema: RawSchema): boolean {
  if (UNSUPPORTED.some((name) => isPresent(schema[name])) || Array.isArray(schema['items'])) return false;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) return false;
  const below: RawSchema[] = [
    ...schemasByName(schema, 'properties').map(([, property]) => property),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((key) => schemasIn(schema, key)),
    ...['items', 'additionalProperties', 'not']
      .map((key) => schemaOf(schema, key))
      .filter((child) => child !== undefined),
  ];
  return below.every(isConvertible);
}
