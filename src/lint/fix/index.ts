// What can be fixed without asking what was meant: semantic changes that rules offer, made as edits of the source text, so that
// comments, order, anchors and style stay. A fix counts only when reading the text again shows exactly the change.
export { diffOf } from './diff.ts';
export { fixSources, type FixedFile, type FixOutcome } from './fix-sources.ts';
export { FixPlanner, type PlannedFix } from './plan.ts';
export type { TextEdit } from './text-edit.ts';
