import { hintOf, sortFindings } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** Workflow commands of GitHub Actions, one line a finding; the runner shows them beside the lines of a change. */
export function reportGithub(findings: readonly LintFinding[]): string {
  return sortFindings(findings).map(annotation).join('\n');
}

function annotation(finding: LintFinding): string {
  const { severity, code, place, end, subject, path, message, expected, found } = finding;
  const where = [subject, path].filter((part) => part !== undefined && part !== '').join(' ');
  const properties = {
    ...(place && { file: place.file, line: place.line, col: place.column }),
    // GitHub refuses columns of a mark over several lines.
    ...(place && end && end.line === place.line && { endLine: end.line, endColumn: end.column }),
    title: code,
  };
  const text = [
    where === '' ? message : `${message} (${where})`,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(found === undefined ? [] : [`found: ${found}`]),
    `cure: ${hintOf(finding)}`,
  ].join('\n');
  const listed = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${commands[severity]} ${listed.join(',')}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
