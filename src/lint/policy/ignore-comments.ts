import { isMap, isScalar, isSeq } from 'yaml';
import { sourceOf, type ManifestText } from '../../manifests/index.ts';
import type { PlacedObject } from '../../providers/index.ts';
import type { TextRange } from '../../site/index.ts';

/** A comment `# globalctl-ignore RULE[,RULE] reason`. */
export interface IgnoreComment {
  readonly text: ManifestText;
  readonly range: TextRange;
  /** As they are written. */
  readonly rules: readonly string[];
  readonly reason: string;
  /** The lines that it speaks of, both included. */
  readonly firstLine: number;
  readonly lastLine: number;
}

const marker = 'globalctl-ignore';
const comment = /#[ \t]*globalctl-ignore\b:?[ \t]*([^\r\n]*)/g;

/**
 * The ignore comments of a text. One that follows a value speaks of its line, one that stands alone of the next line; above an
 * object it speaks of all of it. What a text inside a value says is no comment.
 */
export function ignoreComments(text: ManifestText, objects: readonly PlacedObject[]): IgnoreComment[] {
  if (!text.text.includes(marker)) return [];
  const lines = text.text.split(/\r?\n/);
  const quoted = textsWithMarker(text);
  const extents = objectExtents(text, objects);
  return [...text.text.matchAll(comment)].flatMap((match) => {
    const range = { start: match.index, end: match.index + match[0].trimEnd().length };
    if (quoted.some(({ start, end }) => start <= range.start && range.start < end)) return [];
    const { line, column } = text.placeAt(range.start);
    const alone = (lines[line - 1] ?? '').slice(0, column - 1).trim() === '';
    const target = alone ? nextLine(lines, line) : line;
    const whole = alone ? extents.find(({ firstLine }) => firstLine === target) : undefined;
    const [, ids = '', reason = ''] = /^((?:[^\s,]+\s*,\s*)*\S*)\s*(.*)$/.exec((match[1] ?? '').trim()) ?? [];
    return [
      {
        text,
        range,
        rules: ids.split(/[\s,]+/).filter((id) => id !== ''),
        reason,
        firstLine: whole?.firstLine ?? target,
        lastLine: whole?.lastLine ?? target,
      },
    ];
  });
}

/** The first line after `line` that says something. */
function nextLine(lines: readonly string[], line: number): number {
  for (let index = line; index < lines.length; index++) {
    const content = (lines[index] ?? '').trim();
    if (content !== '' && !content.startsWith('#') && content !== '---') return index + 1;
  }
  return line;
}

function objectExtents(
  text: ManifestText,
  objects: readonly PlacedObject[],
): { firstLine: number; lastLine: number }[] {
  return objects.flatMap((placed) => {
    const source = sourceOf(placed);
    const range = source?.text === text ? text.nodeAt(source.document, source.path)?.range : undefined;
    if (!range) return [];
    return [{ firstLine: text.placeAt(range[0]).line, lastLine: text.placeAt(Math.max(range[0], range[1] - 1)).line }];
  });
}

function textsWithMarker(text: ManifestText): TextRange[] {
  const ranges: TextRange[] = [];
  const look = (node: unknown): void => {
    if (isMap(node)) for (const { value } of node.items) look(value);
    else if (isSeq(node)) node.items.forEach(look);
    else if (isScalar(node) && node.range && typeof node.value === 'string' && node.value.includes(marker))
      ranges.push({ start: node.range[0], end: node.range[1] });
  };
  for (const { document } of text.documents) look(document.contents);
  return ranges;
}
