import { compilePattern } from '../pattern.ts';

/**
 * Why a pattern is not one of RE2, in the words of Go's regexp package; undefined when it is, or when nothing certain can be said.
 * What RE2 leaves out of the regular expressions of other languages: looking around and references back.
 */
export function patternFault(pattern: string): string | undefined {
  const bare = withoutClasses(pattern);
  const behind = /\(\?<[=!]/.exec(bare);
  if (behind) return fault('invalid named capture', pattern.slice(behind.index));
  const around = /\(\?[=!]/.exec(bare);
  if (around) return fault('invalid or unsupported Perl syntax', around[0]);
  const back = /\\([1-9])/.exec(bare);
  if (back) return fault('invalid escape sequence', back[0]);
  if (compilePattern(pattern)) return undefined;
  const open = openClass(pattern);
  if (open !== undefined) return fault('missing closing ]', pattern.slice(open));
  const depth = [...bare.replace(/\\./g, '')].reduce(
    (d, c) => (d < 0 ? d : d + (c === '(' ? 1 : c === ')' ? -1 : 0)),
    0,
  );
  if (depth > 0) return fault('missing closing )', pattern);
  if (depth < 0) return fault('unexpected )', pattern);
  const repeated = /^[*+?]/.exec(pattern);
  if (repeated) return fault('missing argument to repetition operator', repeated[0]);
  const count = [...bare.matchAll(/\{(\d+),(\d+)\}/g)].find(([, least, most]) => Number(least) > Number(most));
  return count ? fault('invalid repeat count', count[0]) : undefined;
}

const fault = (what: string, where: string): string => `error parsing regexp: ${what}: \`${where}\``;

/** The pattern with its character classes emptied: what stands in brackets is no syntax. */
function withoutClasses(pattern: string): string {
  return pattern.replace(/\\[^\d]/g, '__').replace(/\[\^?\]?(?:\\.|[^\]\\])*\]/g, (text) => '_'.repeat(text.length));
}

/** Where a character class begins that nothing ends. */
function openClass(pattern: string): number | undefined {
  const found = withoutClasses(pattern).indexOf('[');
  return found < 0 ? undefined : found;
}
