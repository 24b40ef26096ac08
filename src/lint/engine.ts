import { describeObject } from '../kube/index.ts';
import { sourceOf } from '../manifests/index.ts';
import type { LintRule, ManifestView, RuleHit, SupportedProvider } from '../providers/index.ts';
import { formatPath } from '../site/index.ts';
import type { LintFinding } from './finding.ts';
import { endOf } from './read/index.ts';
import { commonRules } from './rules/index.ts';
import type { ScopedView } from './view.ts';

/** Every rule that holds for manifests of this provider; those of every provider where it is not known. */
export function rulesFor(provider: SupportedProvider | undefined): readonly LintRule[] {
  return [...commonRules, ...(provider?.rules ?? [])];
}

/** Runs rules over a manifest. Findings come in the order of the rules; each has place and snippet where they are known. */
export function lintManifest(view: ScopedView, rules: readonly LintRule[] = rulesFor(view.provider)): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const rule of rules)
    if (concerns(rule, view))
      for (const hit of hitsOf(rule, view)) {
        if (rule.siteChecksIt === true && hit.at.origin === 'site') continue;
        findings.push(findingOf(rule, hit));
      }
  return findings;
}

/** Whether a rule looks at a view: not when it is about other clusters, or needs a provider and there is none. */
export function concerns({ appliesTo = 'global', needsProvider }: LintRule, view: ScopedView): boolean {
  if (appliesTo !== 'every' && appliesTo !== view.scope.role) return false;
  return needsProvider === false || view.provider !== undefined;
}

function hitsOf(rule: LintRule, view: ScopedView): Iterable<RuleHit> {
  if (rule.needsProvider === false) return rule.check(view);
  return hasProvider(view) ? rule.check(view) : [];
}

function hasProvider(view: ScopedView): view is ScopedView & ManifestView {
  return view.provider !== undefined;
}

function findingOf(rule: LintRule, hit: RuleHit): LintFinding {
  const { at, path, message, expected, found, hint, fixes } = hit;
  return {
    code: rule.code,
    severity: hit.severity ?? rule.severity,
    path: formatPath(path),
    subject: describeObject(at.object),
    ...whereOf(hit),
    message,
    expected,
    found,
    hint,
    at,
    // Fixes edit texts; what a cluster has is nobody's text.
    fixes: at.origin === 'live' ? undefined : fixes,
  };
}

/** Place, end and code frame of a hit: to the letter in a text that was read, as near as is known otherwise. */
export function whereOf({ at, path }: Pick<RuleHit, 'at' | 'path'>): Pick<LintFinding, 'place' | 'end' | 'snippet'> {
  const source = sourceOf(at);
  if (source) {
    const { text, document } = source;
    const range = text.rangeOf(document, [...source.path, ...path]);
    const place = text.placeAt(range.start);
    const end = endOf(text, range);
    return { place, end, snippet: text.snippetAt(place, Math.max(1, end.column - place.column)) };
  }
  const place = at.placeOf(path);
  return { place, snippet: place && at.snippetOf(place) };
}
