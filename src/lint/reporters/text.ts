import { createColors } from 'picocolors';
import { hintOf, sortFindings, type Finding } from '../../site/index.ts';

/** Findings for people: place, code, sentence, code frame, expected and found, cure; sorted by place. */
export function reportText(findings: readonly Finding[], color = false): string {
  return sortFindings(findings)
    .map((finding) => findingText(finding, color))
    .join('\n\n');
}

function findingText(finding: Finding, color: boolean): string {
  const c = createColors(color);
  const paint = { error: c.red, warning: c.yellow, info: c.cyan }[finding.severity];
  const { place, severity, code, subject, path, message, snippet, expected, found } = finding;
  const where = [subject, path].filter((part) => part !== undefined && part !== '').join(' ');
  return [
    `${place ? `${place.file}:${String(place.line)}:${String(place.column)}: ` : ''}${paint(severity)} ${c.bold(code)}: ${message}`,
    where !== '' && `  in ${where}`,
    snippet?.replace(/^/gm, '  '),
    expected !== undefined && `  expected: ${expected}`,
    found !== undefined && `  found:    ${found}`,
    `  cure:     ${hintOf(finding)}`,
  ]
    .filter((line): line is string => typeof line === 'string')
    .join('\n');
}
