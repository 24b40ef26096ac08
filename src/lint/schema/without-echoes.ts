import { formatPath, valueAt } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';
import { pathIn } from './check-schema.ts';

/** Where a rule says what is wrong and why, the schema's words add nothing; nor what keys such a block should have. */
export function withoutEchoes(ofSchemas: readonly LintFinding[], ofRules: readonly LintFinding[]): LintFinding[] {
  // By object rather than by name: a run may have several installations, each with an object of that name.
  const said = new Map<LintFinding['at'], Set<string>>();
  for (const { severity, at, path } of ofRules)
    if (severity === 'error') said.set(at, (said.get(at) ?? new Set()).add(path));
  return ofSchemas.filter(({ at, path }) => {
    const steps = pathIn(at?.object, path);
    const missing = valueAt(at?.object, steps) === undefined;
    return ![steps, ...(missing ? [steps.slice(0, -1)] : [])].some((place) => said.get(at)?.has(formatPath(place)));
  });
}
