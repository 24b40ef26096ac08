import { errorCodes, GlobalctlError, type ErrorCode, type SourcePlace } from '../base/index.ts';

/** An error refuses the site; a warning is said and does not change the exit code; an info explains a decision. */
export type Severity = 'error' | 'warning' | 'info';

/** One thing that a check has to say about a site file, a base manifest or a rendered object. */
export interface Finding {
  readonly code: ErrorCode;
  readonly severity: Severity;
  /** The field, in dots and brackets: `controlPlane.nodes[1].ip`; of `subject` when there is one, else of the site file. */
  readonly path: string;
  /** The object that it is about, e.g. `KubeadmControlPlane cpaas-system/global-kcp`; absent for the site file itself. */
  readonly subject?: string | undefined;
  readonly place?: SourcePlace | undefined;
  /** The lines of source around `place`, ready to print. */
  readonly snippet?: string | undefined;
  /** One sentence with the particulars. */
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** What cures it; the registry's cure for the code is shown when absent. */
  readonly hint?: string | undefined;
}

/** The finding as the error that it is when it refuses something. */
export function findingToError(finding: Finding): GlobalctlError {
  const { code, message, path, subject, expected, found, hint, place, snippet } = finding;
  return new GlobalctlError(code, {
    message,
    subject: subject === undefined ? path : path === '' ? subject : `${subject} ${path}`,
    expected,
    found,
    hint,
    place,
    snippet,
  });
}

/** An error that loading collected, in the shape in which `validate` lists everything. */
export function errorToFinding(error: GlobalctlError): Finding {
  const { message, subject, expected, found, place, snippet } = error.details;
  return {
    code: error.code,
    severity: 'error',
    path: subject ?? '',
    message,
    expected,
    found,
    hint: error.hint,
    place,
    snippet,
  };
}

/** What a person does about a finding. */
export function hintOf(finding: Finding): string {
  return finding.hint ?? errorCodes[finding.code].cure;
}

/** The order in which findings are reported: by file, then by place; those without a place last, else as they came. */
export function sortFindings<Found extends Finding>(findings: readonly Found[]): Found[] {
  const far = Number.MAX_SAFE_INTEGER;
  return [...findings].sort(
    (a, b) =>
      (a.place?.file ?? '\uffff').localeCompare(b.place?.file ?? '\uffff') ||
      (a.place?.line ?? far) - (b.place?.line ?? far) ||
      (a.place?.column ?? far) - (b.place?.column ?? far),
  );
}

/** Throws SITE_INVALID with every error finding as a cause; returns when there is none. */
export function refuseErrors(findings: readonly Finding[], file: string): void {
  const errors = sortFindings(findings.filter((finding) => finding.severity === 'error'));
  if (errors.length === 0) return;
  throw new GlobalctlError('SITE_INVALID', {
    message: `${file} has ${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'}`,
    subject: file,
    causes: errors.map(findingToError),
  });
}
