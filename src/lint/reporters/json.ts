import { hintOf, sortFindings } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';
import { countFindings } from './count.ts';

/** Findings for programs: what `--output json` prints. */
export function reportJson(findings: readonly LintFinding[]): Record<string, unknown> {
  return { ...countFindings(findings), findings: sortFindings(findings).map(plainFinding) };
}

/** A finding without the object that it is about, which may be a Secret. */
export function plainFinding(finding: LintFinding): Record<string, unknown> {
  const { code, severity, path, subject, place, end, snippet, message, expected, found, fixes, installations } =
    finding;
  const fixable = fixes !== undefined && fixes.length > 0;
  return {
    code,
    severity,
    path,
    subject,
    place,
    ...(end && { end }),
    snippet,
    message,
    expected,
    found,
    hint: hintOf(finding),
    ...(fixable && { fixable }),
    ...(installations && { installations }),
  };
}
