// The rules: one file a rule, over objects with the places where they were written and over the site that they are for.
// Rules that one provider alone has live with that provider; everything here holds for all of them.
// Findings have the shape that every check of the project speaks; reporters turn them into text and JSON.
export * from './engine.ts';
export * from './lint-site.ts';
export * from './report.ts';
export { commonRules } from './rules/index.ts';
export * from './view.ts';
