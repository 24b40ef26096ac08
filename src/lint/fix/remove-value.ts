import { isMap, isSeq, type Node } from 'yaml';
import type { ManifestText } from '../../manifests/index.ts';
import type { FieldPath } from '../../providers/index.ts';
import { lastLeaf, ownNode } from './own-node.ts';
import type { TextEdit } from './text-edit.ts';

/** The edit that takes away what stands at a path, its key or dash included; undefined where nothing stands there by itself. */
export function removeValue(text: ManifestText, document: number, path: FieldPath): TextEdit | undefined {
  const found = ownNode(text, document, path);
  if (!found || found.missing.length > 0 || path.length === 0) return undefined;
  const parent = found.nodes.at(-2);
  const step = path.at(-1);
  if (isMap(parent)) {
    const index = parent.items.findIndex((pair) => pair === found.pair);
    const ranges = parent.items.map(({ key, value }) => extent(key as Node, value as Node | null));
    return parent.flow === true
      ? removeFlow(ranges, index)
      : removeBlock(text, { ranges, index, whole: parent.range, empty: '{}' });
  }
  if (isSeq(parent) && typeof step === 'number') {
    const ranges = parent.items.map((item) => extent(item as Node, null));
    if (parent.flow === true) return removeFlow(ranges, step);
    const dashed = ranges.map((range) => ({ ...range, start: text.text.lastIndexOf('-', range.start) }));
    return removeBlock(text, { ranges: dashed, index: step, whole: parent.range, empty: '[]' });
  }
  return undefined;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

function extent(first: Node, last: Node | null): Extent {
  const end = lastLeaf(last?.range ? last : first);
  return { start: first.range?.[0] ?? 0, end: end.range?.[1] ?? 0 };
}

function removeFlow(ranges: readonly Extent[], index: number): TextEdit | undefined {
  const own = ranges[index];
  if (!own) return undefined;
  const next = ranges[index + 1];
  const previous = ranges[index - 1];
  if (next) return { start: own.start, end: next.start, text: '' };
  return { start: previous?.end ?? own.start, end: own.end, text: '' };
}

interface BlockRemoval {
  readonly ranges: readonly Extent[];
  readonly index: number;
  readonly whole: readonly [number, number, number] | null | undefined;
  readonly empty: string;
}

function removeBlock(text: ManifestText, { ranges, index, whole, empty }: BlockRemoval): TextEdit | undefined {
  const own = ranges[index];
  if (!own || !whole) return undefined;
  if (ranges.length === 1) {
    const first = ranges[0]?.start ?? own.start;
    const content = text.text.slice(first, own.end).trimEnd();
    return { start: first, end: first + content.length, text: empty };
  }
  const lineStart = text.text.lastIndexOf('\n', own.start - 1) + 1;
  const alone = text.text.slice(lineStart, own.start).trim() === '';
  const next = ranges[index + 1];
  // The first key of a list item shares its line with the dash: the next key takes its place.
  if (!alone) return next && { start: own.start, end: next.start, text: '' };
  const content = own.start + text.text.slice(own.start, own.end).trimEnd().length;
  const newline = text.text.indexOf('\n', content);
  return { start: lineStart, end: newline < 0 ? text.text.length : newline + 1, text: '' };
}
