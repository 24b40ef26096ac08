import { GlobalctlError, type ErrorCode } from '../../base/index.ts';
import { nearestName, type Severity } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';

export type RuleLevel = Severity | 'off';

export const ruleLevels: readonly RuleLevel[] = ['off', 'info', 'warning', 'error'];

/** Which findings are said, and how loudly. */
export interface LintPolicy {
  /** Only these; all when empty. */
  readonly only: ReadonlySet<ErrorCode>;
  /** In the place of the severity that the rule gives. */
  readonly levels: ReadonlyMap<ErrorCode, RuleLevel>;
}

export const everyRule: LintPolicy = { only: new Set(), levels: new Map() };

export interface PolicyRequest {
  /** The section `lint.rules` of the site file. */
  readonly site?: Readonly<Partial<Record<string, RuleLevel>>> | undefined;
  readonly only?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
  /** `ID=LEVEL`. */
  readonly severity?: readonly string[] | undefined;
  readonly known: readonly ErrorCode[];
}

/** Brings flags and site file together; flags win. Throws USAGE for an id that no rule has, with the nearest that one has. */
export function policyOf({ site = {}, only = [], skip = [], severity = [], known }: PolicyRequest): LintPolicy {
  const levels = new Map<ErrorCode, RuleLevel>();
  for (const [id, level] of Object.entries(site)) if (level !== undefined) levels.set(id as ErrorCode, level);
  for (const id of skip) levels.set(knownId(id, '--skip', known), 'off');
  for (const setting of severity) {
    const [id = '', level = ''] = setting.split('=');
    levels.set(knownId(id, '--severity', known), levelOf(level, setting));
  }
  return { only: new Set(only.map((id) => knownId(id, '--rule', known))), levels };
}

/** Whether findings of this code are said at all. */
export function isOn({ only, levels }: LintPolicy, code: ErrorCode): boolean {
  return (only.size === 0 || only.has(code)) && levels.get(code) !== 'off';
}

/** The findings that the policy lets through, each with the severity that it gives. */
export function applyPolicy(policy: LintPolicy, findings: readonly LintFinding[]): LintFinding[] {
  return findings.flatMap((finding) => {
    if (!isOn(policy, finding.code)) return [];
    const level = policy.levels.get(finding.code);
    return level === undefined || level === 'off' ? [finding] : [{ ...finding, severity: level }];
  });
}

function knownId(id: string, flag: string, known: readonly ErrorCode[]): ErrorCode {
  const found = known.find((code) => code === id.toUpperCase());
  if (found) return found;
  const near = nearestName(id, known);
  throw new GlobalctlError('USAGE', {
    message: `${flag}: no rule is called ${id}`,
    subject: flag,
    found: id,
    hint: near === undefined ? 'docs/rules.md lists the rules.' : `Did you mean ${near}?`,
  });
}

function levelOf(level: string, setting: string): RuleLevel {
  const found = ruleLevels.find((known) => known === level);
  if (found) return found;
  throw new GlobalctlError('USAGE', {
    message: `--severity ${setting} names no severity`,
    subject: '--severity',
    expected: `ID=LEVEL with one of ${ruleLevels.join(', ')}`,
    found: setting,
  });
}
