import type { ErrorCode } from '../../base/index.ts';
import { nearestName } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';
import { textFinding } from '../read/index.ts';
import type { IgnoreComment } from './ignore-comments.ts';

export interface IgnoredFinding {
  readonly finding: LintFinding;
  /** What the comment says. */
  readonly reason: string;
}

export interface IgnoreOutcome {
  /** What is left, with what is wrong about the comments themselves. */
  readonly findings: readonly LintFinding[];
  readonly ignored: readonly IgnoredFinding[];
}

export interface IgnoreRequest {
  readonly findings: readonly LintFinding[];
  readonly comments: readonly IgnoreComment[];
  readonly known: readonly ErrorCode[];
  /** Whether findings of this code could have come up; a comment about others is not called unused. */
  readonly couldFind: (code: ErrorCode) => boolean;
}

/** Takes out the findings that comments ignore. A comment without a reason or with an unknown rule ignores nothing and is a finding. */
export function applyIgnores({ findings, comments, known, couldFind }: IgnoreRequest): IgnoreOutcome {
  if (comments.length === 0) return { findings, ignored: [] };
  const wrong: LintFinding[] = [];
  const valid = comments.filter((comment) => {
    const faults = faultsOf(comment, known);
    wrong.push(...faults);
    return faults.length === 0;
  });
  const used = new Set<string>();
  const ignored: IgnoredFinding[] = [];
  const left = findings.filter((finding) => {
    const comment = valid.find((candidate) => speaksOf(candidate, finding));
    if (!comment) return true;
    for (const each of valid) if (speaksOf(each, finding)) used.add(keyOf(each, finding.code));
    ignored.push({ finding, reason: comment.reason });
    return false;
  });
  const unused = valid.flatMap((comment) =>
    comment.rules
      .filter((rule) => !used.has(keyOf(comment, rule)) && couldFind(rule.toUpperCase() as ErrorCode))
      .map((rule) =>
        textFinding(comment.text, {
          code: 'LINT_IGNORE_UNUSED',
          severity: 'warning',
          message: `there is no ${rule} to ignore here`,
          range: comment.range,
        }),
      ),
  );
  return { findings: [...left, ...wrong, ...unused], ignored };
}

function speaksOf({ text, rules, firstLine, lastLine }: IgnoreComment, { code, place }: LintFinding): boolean {
  return (
    place?.file === text.file &&
    firstLine <= place.line &&
    place.line <= lastLine &&
    rules.some((rule) => rule.toUpperCase() === code)
  );
}

function keyOf(comment: IgnoreComment, rule: string): string {
  return `${comment.text.file}:${String(comment.range.start)}:${rule.toUpperCase()}`;
}

function faultsOf({ text, range, rules, reason }: IgnoreComment, known: readonly ErrorCode[]): LintFinding[] {
  const fault = (message: string, hint?: string): LintFinding =>
    textFinding(text, { code: 'LINT_IGNORE', message, range, ...(hint !== undefined && { hint }) });
  if (rules.length === 0) return [fault('the comment names no rule')];
  const unknown = rules.filter((rule) => !known.some((code) => code === rule.toUpperCase()));
  if (unknown.length > 0)
    return unknown.map((rule) => {
      const near = nearestName(rule.toUpperCase(), known);
      return fault(`no rule is called ${rule}`, near === undefined ? undefined : `Did you mean ${near}?`);
    });
  return reason === '' ? [fault(`the comment does not say why ${rules.join(', ')} is ignored`)] : [];
}
