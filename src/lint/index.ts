// The rules: one file a rule, over objects with the places where they were written and over the site that they are for.
// Rules that one provider alone has live with that provider; everything here holds for all of them.
// Findings have the shape that every check of the project speaks; reporters turn them into text and JSON.
export * from './engine.ts';
export * from './engine-rules.ts';
export * from './failover/index.ts';
export type * from './finding.ts';
export * from './fix/index.ts';
export * from './lint-site.ts';
export * from './policy/index.ts';
export { readSource, readSources, STDIN_NAME, type SourceFile } from './read/index.ts';
export * from './refuse.ts';
export * from './reporters/index.ts';
export * from './rule-list.ts';
export { commonRules } from './rules/index.ts';
export * from './run.ts';
export { readCrds, SchemaSet } from './schema/index.ts';
export {
  divideByCluster,
  divideByInstallation,
  guessProvider,
  isNearGlobal,
  viewsOf,
  type InstallationViews,
} from './scope/index.ts';
export * from './view.ts';
