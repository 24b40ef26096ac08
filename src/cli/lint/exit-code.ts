import { errorCodes, exitCodes } from '../../base/index.ts';
import { countFindings, type LintResult } from '../../lint/index.ts';

/**
 * A fault of the site file outweighs one of the manifest, as in `validate`. With `strict` a cluster that was not seen whole is no
 * clean one.
 */
export function exitCodeOf({ findings }: Pick<LintResult, 'findings'>, strict: boolean, gaps = false): number {
  const { errors, warnings } = countFindings(findings);
  if (errors === 0) return strict && (warnings > 0 || gaps) ? exitCodes.manifest : exitCodes.ok;
  const ofSite = findings.some(({ code, severity }) => severity === 'error' && errorCodes[code].class === 'site');
  return ofSite ? exitCodes.site : exitCodes.manifest;
}
