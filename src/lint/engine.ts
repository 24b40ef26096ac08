import { describeObject } from '../kube/index.ts';
import type { ManifestRule, SupportedProvider } from '../providers/index.ts';
import { formatPath, type Finding } from '../site/index.ts';
import { commonRules } from './rules/index.ts';
import type { LintView } from './view.ts';

/** Every rule that holds for manifests of this provider. */
export function rulesFor(provider: SupportedProvider): readonly ManifestRule[] {
  return [...commonRules, ...provider.rules];
}

/** Runs rules over a manifest. Findings come in the order of the rules; each has place and snippet where they are known. */
export function lintManifest(view: LintView, rules: readonly ManifestRule[] = rulesFor(view.provider)): Finding[] {
  const findings: Finding[] = [];
  for (const rule of rules)
    for (const hit of rule.check(view)) {
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
