import { errorCodes, exitCodes } from '../../base/index.ts';
import { countFindings, type LintResult } from '../../lint/index.ts';

/** A fault of the site file outweighs one of the manifest, as in `validate`. */
export function exitCodeOf({ findings }: Pick<LintResult, 'findings'>, strict: boolean): number {
  const { errors, warnings } = countFindings(findings);
  if (errors === 0) return strict && warnings > 0 ? exitCodes.manifest : exitCodes.ok;
  const ofSite = findings.some(({ code, severity }) => severity === 'error' && errorCodes[code].class === 'site');
  return ofSite ? exitCodes.site : exitCodes.manifest;
}
