import { isAlias, isMap, isScalar, type Node, type Pair, type YAMLMap } from 'yaml';
import type { ManifestText } from '../../manifests/index.ts';
import type { FieldPath } from '../../providers/index.ts';
import { lastLeaf, ownNode } from './own-node.ts';
import { blockText, flowText, keyText, scalarText } from './scalar-text.ts';
import type { TextEdit } from './text-edit.ts';

export interface ValueChange {
  readonly text: ManifestText;
  readonly document: number;
  readonly path: FieldPath;
  readonly value: unknown;
  readonly quote?: boolean | undefined;
}

/** The edit that puts a value at a path; undefined where the text does not allow it without touching something else. */
export function setValue({ text, document, path, value, quote = false }: ValueChange): TextEdit | undefined {
  const found = ownNode(text, document, path);
  if (!found) return undefined;
  const node = found.nodes.at(-1) ?? null;
  if (found.missing.length === 0) return replaceNode(text, node, { document, pair: found.pair, value, quote });
  if (found.missing.some((step) => typeof step === 'number')) return undefined;
  const [key = '', ...rest] = found.missing.map(String);
  const inner = rest.reduceRight<unknown>((child, step) => ({ [step]: child }), value);
  if (isMap(node)) return addEntry(text, node, { entry: { [key]: inner }, key, quote });
  return isEmpty(node) ? fillEmpty(text, found.pair, { [key]: inner }, quote) : undefined;
}

interface Replacement {
  readonly document: number;
  readonly pair: Pair | undefined;
  readonly value: unknown;
  readonly quote: boolean;
}

function replaceNode(
  text: ManifestText,
  node: Node | null,
  { document, pair, value, quote }: Replacement,
): TextEdit | undefined {
  const range = node?.range;
  if (!range) return undefined;
  const former = text.text.slice(range[0], range[1]);
  if (isEmpty(node) && former === '') {
    const colon = colonOf(text, pair);
    return colon === undefined
      ? undefined
      : { start: colon + 1, end: colon + 1, text: ` ${scalarText(value, '', quote)}` };
  }
  if (isAlias(node)) {
    const root = text.documents[document]?.document;
    const anchor = root && node.resolve(root)?.range?.[0];
    return { start: range[0], end: range[1], text: scalarText(value, '', quote), anchor };
  }
  if (!isScalar(node)) {
    const flow = isMap(node) && node.flow === true;
    return flow ? { start: range[0], end: range[1], text: flowText(value, isJson(node)) } : undefined;
  }
  const end = range[0] + former.trimEnd().length;
  return { start: range[0], end, text: scalarText(value, former, quote) };
}

interface Addition {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly quote: boolean;
}

function addEntry(text: ManifestText, map: YAMLMap, { entry, key, quote }: Addition): TextEdit | undefined {
  const [first] = map.items;
  const last = map.items.at(-1);
  const range = map.range;
  if (!range) return undefined;
  if (map.flow === true) {
    const json = isJson(map);
    const value = flowText(entry[key], json || (quote && typeof entry[key] === 'string'));
    const added = `${json ? JSON.stringify(key) : keyText(key)}: ${value}`;
    const end = ((last?.value ?? last?.key) as Node | null | undefined)?.range?.[1];
    if (end === undefined) return { start: range[0], end: range[1], text: `{${added}}` };
    return { start: end, end, text: `,${gapBefore(text, last)}${added}`, adds: true };
  }
  const column = text.placeAt((first?.key as Node).range?.[0] ?? 0).column;
  const newline = newlineOf(text);
  const indent = ' '.repeat(column - 1);
  const content = `${indent}${blockText(entry, { indent, newline, quote })}`;
  return insertAfter(text, map, content);
}

/** What stands in front of the last entry: a blank, or a line of its own. */
function gapBefore(text: ManifestText, last: Pair | undefined): string {
  const start = (last?.key as Node | undefined)?.range?.[0] ?? 0;
  const before = /\r?\n[ \t]*$/.exec(text.text.slice(0, start));
  return before?.[0] ?? ' ';
}

/** A line after all that belongs to a block. */
function insertAfter(text: ManifestText, block: Node, content: string): TextEdit {
  const newline = newlineOf(text);
  const leaf = lastLeaf(block);
  const end = leaf.range?.[1] ?? 0;
  const isBlockScalar = isScalar(leaf) && (leaf.type === 'BLOCK_LITERAL' || leaf.type === 'BLOCK_FOLDED');
  if (isBlockScalar && text.text.charAt(end - 1) === '\n')
    return { start: end, end, text: `${content}${newline}`, adds: true };
  const found = text.text.indexOf('\n', end);
  const at = found < 0 ? text.text.length : text.text.charAt(found - 1) === '\r' ? found - 1 : found;
  return { start: at, end: at, text: `${newline}${content}`, adds: true };
}

/** `labels:` without a value gets its first entry on a line below. */
function fillEmpty(
  text: ManifestText,
  pair: Pair | undefined,
  entry: Readonly<Record<string, unknown>>,
  quote: boolean,
): TextEdit | undefined {
  const value = pair?.value as Node | null | undefined;
  const range = value?.range;
  if (range && range[1] > range[0]) return { start: range[0], end: range[1], text: flowText(entry, false) };
  const colon = colonOf(text, pair);
  const start = (pair?.key as Node | undefined)?.range?.[0];
  if (colon === undefined || start === undefined) return undefined;
  const newline = newlineOf(text);
  const indent = ' '.repeat(text.placeAt(start).column + 1);
  const found = text.text.indexOf('\n', colon);
  const at = found < 0 ? text.text.length : text.text.charAt(found - 1) === '\r' ? found - 1 : found;
  // Anything but a comment behind the colon means that the pair stands inside braces.
  if (!/^[ \t]*(?:#.*)?$/.test(text.text.slice(colon + 1, at))) return undefined;
  return { start: at, end: at, text: `${newline}${indent}${blockText(entry, { indent, newline, quote })}` };
}

function colonOf(text: ManifestText, pair: Pair | undefined): number | undefined {
  const end = (pair?.key as Node | undefined)?.range?.[1];
  if (end === undefined) return undefined;
  const colon = text.text.indexOf(':', end);
  return colon < 0 || text.text.slice(end, colon).trim() !== '' ? undefined : colon;
}

function isEmpty(node: Node | null | undefined): boolean {
  return !node || (isScalar(node) && node.value === null);
}

function isJson(map: YAMLMap): boolean {
  const [first] = map.items;
  return isScalar(first?.key) && first.key.type === 'QUOTE_DOUBLE';
}

export function newlineOf({ text }: ManifestText): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
