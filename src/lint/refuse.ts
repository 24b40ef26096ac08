import { GlobalctlError } from '../base/index.ts';
import { findingToError, sortFindings, type Finding } from '../site/index.ts';

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
