import { describeObject } from '../kube/index.ts';
import type { LintRule, ManifestView, RuleHit, SupportedProvider } from '../providers/index.ts';
import { formatPath, type Finding } from '../site/index.ts';
import { commonRules } from './rules/index.ts';
import type { ScopedView } from './view.ts';

/** Every rule that holds for manifests of this provider; those of every provider where it is not known. */
export function rulesFor(provider: SupportedProvider | undefined): readonly LintRule[] {
  return [...commonRules, ...(provider?.rules ?? [])];
}

/** Runs rules over a manifest. Findings come in the order of the rules; each has place and snippet where they are known. */
export function lintManifest(view: ScopedView, rules: readonly LintRule[] = rulesFor(view.provider)): Finding[] {
  const findings: Finding[] = [];
  for (const rule of rules)
    for (const hit of hitsOf(rule, view)) {
      if (rule.siteChecksIt === true && hit.at.origin === 'site') continue;
      const place = hit.at.placeOf(hit.path);
      findings.push({
        code: rule.code,
        severity: hit.severity ?? rule.severity,
        path: formatPath(hit.path),
        subject: describeObject(hit.at.object),
        place,
        snippet: place && hit.at.snippetOf(place),
        message: hit.message,
        expected: hit.expected,
        found: hit.found,
        hint: hit.hint,
      });
    }
  return findings;
}

/** What a rule says of a view: nothing when it is about other clusters, or needs a provider and there is none. */
function hitsOf(rule: LintRule, view: ScopedView): Iterable<RuleHit> {
  const { appliesTo = 'global' } = rule;
  if (appliesTo !== 'every' && appliesTo !== view.scope.role) return [];
  if (rule.needsProvider === false) return rule.check(view);
  return hasProvider(view) ? rule.check(view) : [];
}

function hasProvider(view: ScopedView): view is ScopedView & ManifestView {
  return view.provider !== undefined;
}
