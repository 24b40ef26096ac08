import { createColors } from 'picocolors';
import { hintOf, sortFindings } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';

/** Findings for people: place, code, sentence, code frame, expected and found, cure; sorted by place. */
export function reportText(findings: readonly LintFinding[], color = false): string {
  return sortFindings(findings)
    .map((finding) => findingText(finding, color))
    .join('\n\n');
}

function findingText(finding: LintFinding, color: boolean): string {
  const c = createColors(color);
  const paint = { error: c.red, warning: c.yellow, info: c.cyan }[finding.severity];
  const { place, severity, code, subject, path, message, snippet, expected, found } = finding;
  const where = [subject, path].filter((part) => part !== undefined && part !== '').join(' ');
  return [
    `${place ? `${place.file}:${String(place.line)}:${String(place.column)}: ` : ''}${paint(severity)} ${c.bold(code)}: ${message}`,
    where !== '' && `  in ${where}`,
    ...installationsOf(finding),
    snippet?.replace(/^/gm, '  '),
    expected !== undefined && `  expected: ${expected}`,
    found !== undefined && `  found:    ${found}`,
    `  cure:     ${hintOf(finding)}`,
  ]
    .filter((line): line is string => typeof line === 'string')
    .join('\n');
}

/** Mostly the file says it: it is the installation, or in its folder. */
function installationsOf({ installations = [], place }: LintFinding): string[] {
  const said = installations.length === 1 && installations.some((name) => place?.file.startsWith(name) === true);
  return said ? [] : installations.map((name) => `  of installation ${name}`);
}
