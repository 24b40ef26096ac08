import { labelKeyFaults, labelValueFaults } from './names.ts';
import { badRequest } from './status-error.ts';

/** One condition on one label. `gt` and `lt` have one value, a whole number. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'notexists' | 'gt' | 'lt';
  readonly values: ReadonlySet<string>;
}

const OPERATORS: Readonly<Record<string, Requirement['operator']>> = {
  in: 'in',
  '=': 'in',
  '==': 'in',
  notin: 'notin',
  '!=': 'notin',
  '>': 'gt',
  '<': 'lt',
};
/** Symbols stand for themselves; whatever else has no space in it is a word. */
const TOKEN = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/gy;
const SYMBOL = /^(==|!=|[=!(),<>])?$/;

/** The words and symbols of a selector, read one by one; the end reads as ''. */
class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(TOKEN)].map((match) => match[1] ?? '');
  }

  peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  next(): string {
    const token = this.peek();
    this.#at++;
    return token;
  }
}

const isWord = (token: string): boolean => !SYMBOL.test(token);

function unexpected(found: string, expected: string): Error {
  return badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`);
}

function checked(field: string, value: string, faults: readonly string[]): string {
  if (faults.length > 0)
    throw badRequest(
      `unable to parse requirement: ${field}: Invalid value: ${JSON.stringify(value)}: ${faults.join('; ')}`,
    );
  return value;
}

/** Reads the label selector of a query (`a=b,c in (d,e),!f`). Throws BadRequest in kube-apiserver's words. */
export function parseRequirements(text: string): Requirement[] {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  const first = tokens.peek();
  if (first === '') return [];
  if (first !== '!' && !isWord(first))
    throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`);
  for (;;) {
    requirements.push(parseRequirement(tokens));
    const after = tokens.next();
    if (after === '') return requirements;
    if (after !== ',') throw badRequest(`found '${after}', expected: ',' or 'end of string'`);
    const following = tokens.peek();
    if (following !== '!' && !isWord(following))
      throw badRequest(`found '${following}', expected: identifier after ','`);
  }
}

function parseRequirement(tokens: Tokens): Requirement {
  const negated = tokens.peek() === '!';
  if (negated) tokens.next();
  const word = tokens.next();
  if (!isWord(word)) throw unexpected(word, 'identifier');
  const key = checked('<nil>', word, labelKeyFaults(word));
  if (negated) return { key, operator: 'notexists', values: new Set() };
  if (['', ','].includes(tokens.peek())) return { key, operator: 'exists', values: new Set() };
  const symbol = tokens.next();
  const operator = OPERATORS[symbol];
  if (operator === undefined) throw unexpected(symbol, 'in, notin, =, ==, !=, gt, lt');
  const values = symbol === 'in' || symbol === 'notin' ? parseValues(tokens) : [parseValue(tokens)];
  if (operator === 'gt' || operator === 'lt') {
    const [limit = ''] = values;
    const faults = /^[+-]?\d+$/.test(limit) ? [] : ["for 'Gt', 'Lt' operators, the value must be an integer"];
    checked('values[0]', limit, faults);
  }
  for (const [index, value] of values.entries())
    checked(`values[${String(index)}][${key}]`, value, labelValueFaults(value));
  return { key, operator, values: new Set(values) };
}

function parseValue(tokens: Tokens): string {
  if (['', ','].includes(tokens.peek())) return '';
  const value = tokens.next();
  if (!isWord(value)) throw unexpected(value, 'identifier');
  return value;
}

/** The values between parentheses; what is left out between commas is the empty value. */
function parseValues(tokens: Tokens): string[] {
  const open = tokens.next();
  if (open !== '(') throw badRequest(`unable to parse requirement: found '${open}' expected: '('`);
  const first = tokens.peek();
  if (first !== ')' && first !== ',' && !isWord(first)) throw unexpected(first, "',', ')' or identifier");
  const values: string[] = [];
  for (;;) {
    values.push(isWord(tokens.peek()) ? tokens.next() : '');
    const after = tokens.next();
    if (after === ')') return values;
    if (after !== ',') throw unexpected(after, "',' or ')'");
  }
}
