import { GlobalctlError } from '../base/index.ts';
import { findingToError, hintOf, sortFindings, type Finding } from '../site/index.ts';

/** How many findings there are of each severity. */
export interface FindingCounts {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

export function countFindings(findings: readonly Finding[]): FindingCounts {
  const of = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return { errors: of('error'), warnings: of('warning'), infos: of('info') };
}

/** Findings for people: place, code, sentence, code frame, expected and found, cure; sorted by place. No colour. */
export function reportText(findings: readonly Finding[]): string {
  return sortFindings(findings).map(findingText).join('\n\n');
}

function findingText(finding: Finding): string {
  const { place, severity, code, subject, path, message, snippet, expected, found } = finding;
  const where = [subject, path].filter((part) => part !== undefined && part !== '').join(' ');
  return [
    `${place ? `${place.file}:${String(place.line)}:${String(place.column)}: ` : ''}${severity} ${code}: ${message}`,
    where !== '' && `  in ${where}`,
    snippet?.replace(/^/gm, '  '),
    expected !== undefined && `  expected: ${expected}`,
    found !== undefined && `  found:    ${found}`,
    `  cure:     ${hintOf(finding)}`,
  ]
    .filter((line): line is string => typeof line === 'string')
    .join('\n');
}

/** Findings for programs: what `--output json` prints. */
export function reportJson(findings: readonly Finding[]): Record<string, unknown> {
  return {
    ...countFindings(findings),
    findings: sortFindings(findings).map((finding) => ({ ...finding, hint: hintOf(finding) })),
  };
}

/** Throws MANIFEST_INVALID with every error as a cause; returns when there is none. */
export function refuseManifest(findings: readonly Finding[], subject: string): void {
  const errors = sortFindings(findings.filter(({ severity }) => severity === 'error'));
  if (errors.length === 0) return;
  throw new GlobalctlError('MANIFEST_INVALID', {
    message: `${subject}: ${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'}`,
    subject,
    causes: errors.map(findingToError),
  });
}
