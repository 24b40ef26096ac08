const compiled = new Map<string, RegExp | undefined>();

/**
 * A schema's `pattern` (RE2 syntax) as a RegExp, compiled once; undefined when it cannot be expressed. Translated: the inline flag `(?i)` at the start, `\z`, `\A`, and
 * the POSIX classes that patterns of the ecosystem use.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  const expression = translate(pattern);
  compiled.set(pattern, expression);
  return expression;
}

function translate(pattern: string): RegExp | undefined {
  const ignoreCase = pattern.startsWith('(?i)');
  const source = (ignoreCase ? pattern.slice(4) : pattern)
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replaceAll('[:alpha:]', 'A-Za-z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('(?P<', '(?<');
  try {
    return new RegExp(source, ignoreCase ? 'i' : '');
  } catch {
    return undefined;
  }
}
