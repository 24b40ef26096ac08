// What the schemas of kinds say: built-in kinds always; custom resources against the CRDs that a run is given, else against
// those that the project has of Cluster API and the providers.
export { checkSchemas, pathIn } from './check-schema.ts';
export { type CrdVersionSchema } from './crd-versions.ts';
export { readCrds } from './read-crds.ts';
export { SchemaSet } from './schema-set.ts';
export { withoutEchoes } from './without-echoes.ts';
