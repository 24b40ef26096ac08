import { stripVTControlCharacters } from 'node:util';

/**
 * Breaks a line between words so that no part is wider than `columns`; parts after the first are indented by `indent`, the
 * first keeps its own. A word that is wider stays whole, so that paths can be copied. Colours do not count.
 */
export function wrapLine(line: string, columns: number, indent: string): string[] {
  const [lead = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = lead;
  let isEmpty = true;
  for (const word of line.slice(lead.length).split(' ')) {
    const width = stripVTControlCharacters(current).length + (isEmpty ? 0 : 1) + stripVTControlCharacters(word).length;
    if (!isEmpty && width > columns) {
      lines.push(current);
      current = indent + word;
    } else current += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, current];
}
