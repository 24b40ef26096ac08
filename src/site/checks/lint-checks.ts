import { errorCodes } from '../../base/index.ts';
import { nearestName } from '../nearest-name.ts';
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';

/** Rules are named by error codes; a name that none has would be a severity that nothing takes. */
export function checkLintRules({ lint }: Site): FieldFinding[] {
  const known = Object.keys(errorCodes);
  return Object.keys(lint.rules)
    .filter((id) => !known.includes(id))
    .map((id) => {
      const near = nearestName(id, known);
      return {
        code: 'SITE_REFERENCE',
        severity: 'error',
        path: `lint.rules.${id}`,
        part: 'key',
        message: `no rule is called ${id}`,
        found: id,
        hint: near === undefined ? 'docs/rules.md lists the rules.' : `Did you mean ${near}?`,
      };
    });
}
