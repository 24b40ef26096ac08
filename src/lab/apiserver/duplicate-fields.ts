import { isObject } from './json.ts';

/** Something that a body has twice, as strict decoding refuses it and as a warning names it. */
export interface RepeatedField {
  /** Its path; empty where the body's parser tells of a line in its place. */
  readonly path: string;
  readonly strict: string;
  readonly warning: string;
}

const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Fields that a JSON text has twice in one object, e.g. `spec.containers[0].image`. `value` is the text parsed: where it has as many
 * keys as the text nothing is repeated, and that is quick to see.
 */
export function duplicateFields(text: string, value: unknown): string[] {
  let keys = 0;
  for (const match of text.matchAll(STRING)) if (match[1] !== undefined) keys++;
  return keys === countKeys(value) ? [] : [...new Set(findDuplicates(text))];
}

function countKeys(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + countKeys(item) + 1, 0);
}

interface Level {
  readonly path: string;
  /** Keys of an object so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  key: string;
  index: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g;

function findDuplicates(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  const pathHere = (): string => {
    const level = levels.at(-1);
    if (!level) return '';
    if (!level.keys) return `${level.path}[${String(level.index)}]`;
    return level.path === '' ? level.key : `${level.path}.${level.key}`;
  };
  for (const [token, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[')
      levels.push({ path: pathHere(), keys: token === '{' ? new Set() : undefined, key: '', index: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',') {
      if (level) level.index++;
    } else if (colon !== undefined && level?.keys) {
      level.key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (level.keys.has(level.key)) found.push(pathHere());
      level.keys.add(level.key);
    }
  }
  return found;
}
