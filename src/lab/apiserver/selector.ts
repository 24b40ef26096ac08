import { badRequest } from './status-error.ts';

/** Label selectors as the API's query parameters carry them, and field selectors of the `field=value` form. */

export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'notexists' | 'gt' | 'lt';
  readonly values: ReadonlySet<string>;
}

function unparsable(text: string, why: string): Error {
  return badRequest(`unable to parse requirement: ${why} (selector ${JSON.stringify(text)})`);
}

/** Splits at the commas outside parentheses. */
function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((p) => p.trim());
}

const KEY = '[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?';
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUAL = new RegExp(`^(${KEY})\\s*(==|!=|=)\\s*([A-Za-z0-9._-]*)$`);
const COMPARE = new RegExp(`^(${KEY})\\s*([<>])\\s*(-?[0-9]+)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

function parseRequirement(text: string, whole: string): Requirement {
  const set = SET.exec(text);
  if (set) {
    const values = (set[3] ?? '').split(',').map((v) => v.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values: new Set(values) };
  }
  const equal = EQUAL.exec(text);
  if (equal)
    return { key: equal[1] ?? '', operator: equal[2] === '!=' ? 'notin' : 'in', values: new Set([equal[3] ?? '']) };
  const compare = COMPARE.exec(text);
  if (compare)
    return { key: compare[1] ?? '', operator: compare[2] === '>' ? 'gt' : 'lt', values: new Set([compare[3] ?? '']) };
  const exists = EXISTS.exec(text);
  if (exists) return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'notexists' : 'exists', values: new Set() };
  throw unparsable(whole, `found '${text}', expected: identifier`);
}

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
  if (text.trim() === '') return undefined;
  const requirements = splitRequirements(text).map((part) => parseRequirement(part, text));
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
  return text.split(/(?<!\\),/).map((part) => {
    const match = /^([^=!]+?)\s*(==|!=|=)\s*(.*)$/s.exec(part.trim());
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
