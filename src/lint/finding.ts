import type { PlacedObject, RuleFix } from '../providers/index.ts';
import type { Finding } from '../site/index.ts';

/** A finding of a rule over manifests, with what reporters and fixes need beyond the sentence. */
export interface LintFinding extends Finding {
  /** The object that it is about; absent for a text that is no object. */
  readonly at?: PlacedObject | undefined;
  /** The installations that it is about, by name, where a run has several. */
  readonly installations?: readonly string[] | undefined;
  /** Where the marked text ends; the column is the first that no longer belongs to it. */
  readonly end?: { readonly line: number; readonly column: number } | undefined;
  /** What would cure it without asking anyone. */
  readonly fixes?: readonly RuleFix[] | undefined;
}
