import { parseRequirements, type Requirement } from './label-selector-parser.ts';
import { badRequest } from './status-error.ts';

/** Label selectors as the API's query parameters carry them, and field selectors of the `field=value` form. */

export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

function holds(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'notexists':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'notin':
      return value === undefined || !requirement.values.has(value);
    case 'gt':
    case 'lt': {
      const [limit = ''] = requirement.values;
      if (value === undefined || !/^-?[0-9]+$/.test(value)) return false;
      return requirement.operator === 'gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
  }
}

/** Throws BadRequest when the text is not a selector. An empty selector is undefined: everything. */
export function parseLabelSelector(text: string): LabelPredicate | undefined {
  const requirements = parseRequirements(text);
  if (requirements.length === 0) return undefined;
  return (labels) => requirements.every((r) => holds(r, labels));
}

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Throws BadRequest when the text is not a field selector. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  if (text.trim() === '') return [];
  const parts = text.split(/(?<!\\),/).filter((part) => part !== '');
  return parts.map((part) => {
    const match = /^([^=!]*?)(==|!=|=)(.*)$/s.exec(part);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const value = (match[3] ?? '').replace(/\\([\\,=])/g, '$1');
    return { field: match[1] ?? '', equal: match[2] !== '!=', value };
  });
}

/** Matches a `LabelSelector` object (matchLabels, matchExpressions) as controllers use it; an empty one matches everything. */
export function selectorText(selector: unknown): string {
  if (selector === null || typeof selector !== 'object') return '';
  const { matchLabels, matchExpressions } = selector as {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const e of matchExpressions ?? []) {
    if (e.operator === 'Exists') parts.push(e.key);
    else if (e.operator === 'DoesNotExist') parts.push(`!${e.key}`);
    else parts.push(`${e.key} ${e.operator === 'In' ? 'in' : 'notin'} (${(e.values ?? []).join(',')})`);
  }
  return parts.join(',');
}
