import { repeatedKeys, type JsonPath } from '../../base/index.ts';
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
  return keys === countKeys(value) ? [] : [...new Set(Array.from(repeatedKeys(text), pathText))];
}

function countKeys(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + countKeys(item) + 1, 0);
}

function pathText(path: JsonPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${String(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
