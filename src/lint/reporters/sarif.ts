import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCodes, type ErrorCode } from '../../base/index.ts';
import { hintOf, sortFindings, type Severity } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';
import type { IgnoredFinding } from '../policy/index.ts';
import { allRules } from '../rule-list.ts';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/** A change of one file that cures a finding, by places in the text as it is. */
export interface SarifEdit {
  readonly file: string;
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
  readonly text: string;
}

export interface SarifRequest {
  readonly findings: readonly LintFinding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly version: string;
  /** What `--fix` would change for a finding. */
  readonly editsOf?: (finding: LintFinding) => readonly SarifEdit[];
}

/** The findings as a SARIF 2.1.0 log (OASIS), for code scanning. Ignored findings are in it as suppressed results. */
export function reportSarif({ findings, ignored, version, editsOf = () => [] }: SarifRequest): Record<string, unknown> {
  const all = [...sortFindings(findings).map((finding) => ({ finding, reason: undefined })), ...ignored];
  const codes = [...new Set([...allRules().map(({ rule }) => rule.code), ...all.map(({ finding }) => finding.code)])];
  const fingerprint = fingerprints();
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'globalctl', semanticVersion: version, rules: codes.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        results: all.map(({ finding, reason }) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: levels[finding.severity],
          message: { text: sentences(finding) },
          locations: [location(finding)],
          partialFingerprints: { 'globalctlFinding/v1': fingerprint(finding) },
          ...(reason !== undefined && { suppressions: [{ kind: 'inSource', justification: reason }] }),
          ...fixesOf(finding, editsOf(finding)),
          ...(finding.installations && { properties: { installations: finding.installations } }),
        })),
      },
    ],
  };
}

function descriptor(code: ErrorCode): Record<string, unknown> {
  const { title, cure } = errorCodes[code];
  const rules = allRules().filter(({ rule }) => rule.code === code);
  const severity = rules.some(({ rule }) => rule.severity === 'error') || rules.length === 0 ? 'error' : 'warning';
  const what = rules.map(({ rule, provider }) => `${provider ? `${provider.title}: ` : ''}${rule.what} ${rule.why}`);
  const guide = [...new Set(rules.map(({ rule }) => rule.guide))];
  const text = [...(what.length > 0 ? what : [`${title}.`]), `Cure: ${cure}`].join('\n\n');
  return {
    id: code,
    name: code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: what[0] ?? `${title}.` },
    help: { text, markdown: `${text}${guide.length > 0 ? `\n\nGuide: ${guide.join('; ')}` : ''}` },
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ['kubernetes', 'cluster-api'] },
  };
}

function sentences(finding: LintFinding): string {
  const { message, expected, found } = finding;
  const more = [
    expected === undefined ? '' : ` Expected: ${expected}.`,
    found === undefined ? '' : ` Found: ${found}.`,
  ].join('');
  return `${message}.${more} ${hintOf(finding)}`;
}

function location({ place, end, subject, path }: LintFinding): Record<string, unknown> {
  const name = [subject, path].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    ...(place && {
      physicalLocation: {
        artifactLocation: { uri: uriOf(place.file) },
        region: {
          startLine: place.line,
          startColumn: place.column,
          ...(end && (end.line > place.line || end.column > place.column)
            ? { endLine: end.line, endColumn: end.column }
            : {}),
        },
      },
    }),
    ...(name !== '' && { logicalLocations: [{ fullyQualifiedName: name, kind: 'object' }] }),
  };
}

/** Relative paths stay relative: code scanning resolves them against the checkout. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.replace(/^\.\//, '').split(/[\\/]/).map(encodeURIComponent).join('/');
}

/** Stays the same while lines move: the object and its field, and a number where several findings agree in all. */
function fingerprints(): (finding: LintFinding) => string {
  const seen = new Map<string, number>();
  return ({ code, subject, path, place, message }) => {
    const what = subject === undefined ? message : '';
    const key = JSON.stringify([code, place?.file, subject, path, what]);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return `${createHash('sha256').update(key).digest('hex').slice(0, 32)}:${String(nth)}`;
  };
}

function fixesOf(finding: LintFinding, edits: readonly SarifEdit[]): Record<string, unknown> {
  if (edits.length === 0) return {};
  const files = [...new Set(edits.map(({ file }) => file))];
  return {
    fixes: [
      {
        description: { text: hintOf(finding) },
        artifactChanges: files.map((file) => ({
          artifactLocation: { uri: uriOf(file) },
          replacements: edits
            .filter((edit) => edit.file === file)
            .map(({ start, end, text }) => ({
              deletedRegion: {
                startLine: start.line,
                startColumn: start.column,
                endLine: end.line,
                endColumn: end.column,
              },
              insertedContent: { text },
            })),
        })),
      },
    ],
  };
}
