import { isObject } from '../json.ts';

/**
 * The JSONPath of printer columns: field names, `['quoted']` names, indexes, `[*]`, and filters that compare one field with a
 * literal, `[?(@.type=="Ready")]`. Missing fields select nothing.
 */

type Step = (value: unknown) => unknown[];

const cache = new Map<string, readonly Step[]>();

export function evaluateJsonPath(object: unknown, path: string): unknown[] {
  let steps = cache.get(path);
  if (!steps) {
    steps = compile(path);
    cache.set(path, steps);
  }
  return steps
    .reduce<unknown[]>((values, step) => values.flatMap(step), [object])
    .filter((v) => v !== null && v !== undefined);
}

function field(name: string): Step {
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const everything: Step = (value) => (isObject(value) ? Object.values(value) : itemsOf(value));

const FILTER = /^\?\(\s*@\.?([^=!<>\s]*)\s*(==|!=)\s*(.+?)\s*\)$/;

function filter(inner: string): Step {
  const match = FILTER.exec(inner);
  if (!match) {
    const exists = /^\?\(\s*@\.(.+?)\s*\)$/.exec(inner);
    const steps = compile(`.${exists?.[1] ?? ''}`);
    return (value) => itemsOf(value).filter((item) => run(steps, item).length > 0);
  }
  const steps = compile(`.${match[1] ?? ''}`);
  const literal = parseLiteral(match[3] ?? '');
  const equal = match[2] === '==';
  return (value) => itemsOf(value).filter((item) => run(steps, item).some((v) => v === literal) === equal);
}

function run(steps: readonly Step[], value: unknown): unknown[] {
  return steps.reduce<unknown[]>((values, step) => values.flatMap(step), [value]);
}

function parseLiteral(text: string): unknown {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function subscript(inner: string): Step {
  if (inner === '*') return everything;
  if (inner.startsWith('?')) return filter(inner);
  const quoted = /^(["'])(.*)\1$/s.exec(inner);
  // client-go reads a quoted name as a path of its own: only a backslash keeps a dot from parting it.
  if (quoted) {
    const steps = compile(`.${quoted[2] ?? ''}`);
    return (value) => run(steps, value);
  }
  const index = Number(inner);
  return (value) => itemsOf(value).slice(index, index === -1 ? undefined : index + 1);
}

function compile(path: string): Step[] {
  const text = path.replace(/^\{|\}$/g, '').replace(/^\$/, '');
  const steps: Step[] = [];
  let i = 0;
  while (i < text.length) {
    if (text[i] === '[') {
      const end = closingBracket(text, i);
      steps.push(subscript(text.slice(i + 1, end).trim()));
      i = end + 1;
    } else if (text[i] === '.') i++;
    else {
      // A backslash keeps the dot of a label or annotation key.
      const match = /^(?:\\.|[^.[\\])+/.exec(text.slice(i));
      const name = match?.[0] ?? text.slice(i);
      steps.push(name === '*' ? everything : field(name.replace(/\\(.)/g, '$1')));
      i += name.length;
    }
  }
  return steps;
}

function closingBracket(text: string, open: number): number {
  let quote: string | undefined;
  for (let i = open + 1; i < text.length; i++) {
    const c = text[i];
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
    } else if (c === '"' || c === "'") quote = c;
    else if (c === ']') return i;
  }
  return text.length;
}
