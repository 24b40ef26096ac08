import type { ErrorCode } from '../base/index.ts';
import { describeObject } from '../kube/index.ts';
import { sourceOf } from '../manifests/index.ts';
import type { LintRule, ManifestView, RuleHit, SupportedProvider } from '../providers/index.ts';
import { formatPath } from '../site/index.ts';
import type { LintFinding } from './finding.ts';
import { endOf } from './read/index.ts';
import { commonRules } from './rules/index.ts';
import { watchGaps, type Looked } from './partial-view.ts';
import type { ScopedView } from './view.ts';

/** Every rule that holds for manifests of this provider; those of every provider where it is not known. */
export function rulesFor(provider: SupportedProvider | undefined): readonly LintRule[] {
  return [...commonRules, ...(provider?.rules ?? [])];
}

/** Runs rules over a manifest. Findings come in the order of the rules; each has place and snippet where they are known. */
export function lintManifest(view: ScopedView, rules: readonly LintRule[] = rulesFor(view.provider)): LintFinding[] {
  return lintView(view, rules).findings;
}

export interface ViewFindings {
  readonly findings: LintFinding[];
  /** Rules that said nothing, or not all, because they look at kinds that could not be read. */
  readonly limited: readonly ErrorCode[];
}

/** Runs rules over a view of which some kinds may be unread: nothing is said that only their absence shows. */
export function lintView(view: ScopedView, rules: readonly LintRule[]): ViewFindings {
  const findings: LintFinding[] = [];
  const limited: ErrorCode[] = [];
  for (const rule of rules.filter((each) => concerns(each, view))) {
    const looked: Looked = { misled: false, limited: false };
    const hits = [...hitsOf(rule, watchGaps(view, looked))];
    if (looked.limited) limited.push(rule.code);
    if (looked.misled) continue;
    for (const hit of hits)
      if (rule.siteChecksIt !== true || hit.at.origin !== 'site') findings.push(findingOf(rule, hit));
  }
  return { findings, limited };
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
