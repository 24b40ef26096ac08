import type { SourcePlace } from '../base/index.ts';

const widthLimit = 100;

export interface CodeFrame {
  /** The lines of the file, without line ends. */
  readonly lines: readonly string[];
  readonly place: SourcePlace;
  /** How many characters the caret marks; 1 when not given, never beyond the end of the line. */
  readonly length?: number | undefined;
}

/**
 * The line of `place` with one line before it, line numbers in front and a caret below. Tabs become single spaces so that the
 * caret stands where it should; a line that is too long is cut around the place.
 */
export function codeFrame({ lines, place, length = 1 }: CodeFrame): string {
  const index = Math.min(place.line, lines.length) - 1;
  const line = lines[index] ?? '';
  const start = Math.max(0, Math.min(place.column - 1, line.length) - widthLimit / 2);
  const cut = line.length > widthLimit ? start : 0;
  const margin = String(index + 1).length;
  const show = (at: number, from: number): string => {
    const text = (lines[at] ?? '')
      .slice(from, from + widthLimit)
      .replaceAll('\t', ' ')
      .trimEnd();
    return `${String(at + 1).padStart(margin)} | ${text}`.trimEnd();
  };
  const column = Math.max(0, place.column - 1 - cut);
  const marked = Math.max(1, Math.min(length, line.length - place.column + 1, widthLimit - column));
  return [
    ...(index > 0 ? [show(index - 1, 0)] : []),
    show(index, cut),
    `${' '.repeat(margin)} | ${' '.repeat(column)}${'^'.repeat(marked)}`,
  ].join('\n');
}
