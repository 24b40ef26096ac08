import { createColors } from 'picocolors';
import type { GlobalctlError } from '../base/index.ts';

/** An error as people read it: what, where, expected and found, the cure. Never a stack trace. */
export function formatError(error: GlobalctlError, color: boolean, indent = ''): string {
  const c = createColors(color);
  const { place, snippet, expected, found, causes } = error.details;
  const lines = [
    `${c.red('error')} ${c.bold(error.code)}: ${error.message}`,
    place && `  at ${place.file}:${String(place.line)}:${String(place.column)}`,
    snippet?.replace(/^/gm, '  '),
    expected !== undefined && `  expected: ${expected}`,
    found !== undefined && `  found:    ${found.replaceAll('\n', '\n            ')}`,
    (causes === undefined || causes.length === 0) && `  ${c.cyan('cure')}:     ${error.hint}`,
    ...(causes ?? []).map((cause) => formatError(cause, color, '  ')),
  ].filter((line): line is string => typeof line === 'string');
  return lines.join('\n').replace(/^/gm, indent);
}
