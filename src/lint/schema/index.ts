// What the schemas of kinds say: built-in kinds always, custom resources against the CRDs that a run is given.
export { checkSchemas, pathIn } from './check-schema.ts';
export { readCrds, type CrdVersionSchema } from './read-crds.ts';
export { SchemaSet } from './schema-set.ts';
