import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { SourcePlace } from '../base/index.ts';
import { codeFrame, maskSecrets, type FieldPath, type TextRange } from '../site/index.ts';
import { kubectlYaml } from './kubectl-yaml.ts';
import { secretRanges } from './secret-ranges.ts';

/** A manifest has anchors seldom; more than this many expansions are an accident or an attack. */
const maxAliasCount = 1000;

/** Something that keeps a text, or a part of it, from being used. */
export interface TextFault {
  /** Which document of the text, counted from 0. */
  readonly document: number;
  readonly message: string;
  readonly range: TextRange;
}

export interface ManifestDocument {
  readonly index: number;
  /** The parsed nodes with their ranges. */
  readonly document: Document;
  /** What it says, as kubectl reads it; undefined for an empty document and for one that cannot be read. */
  readonly value: unknown;
}

/** A text of any number of YAML or JSON documents, with the place of every field. Parsed once. */
export class ManifestText {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly ManifestDocument[];
  readonly faults: readonly TextFault[];
  readonly #lines = new LineCounter();
  #masked: readonly string[] | undefined;

  /** Never throws for what stands in the text: documents that cannot be read are among the faults. */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const documents: ManifestDocument[] = [];
    const faults: TextFault[] = [];
    const parsed = parseDocuments(text, this.#lines);
    if (parsed === 'nested too deeply')
      faults.push({ document: 0, message: 'the blocks are nested too deeply', range: { start: 0, end: 1 } });
    for (const [index, document] of parsed === 'nested too deeply' ? [] : parsed.entries()) {
      const [error] = document.errors;
      if (error) {
        faults.push({ document: index, message: error.message, range: { start: error.pos[0], end: error.pos[1] } });
        documents.push({ index, document, value: undefined });
        continue;
      }
      for (const { key, range } of repeatedKeys(document))
        faults.push({ document: index, message: `${key} occurs twice in the same block`, range });
      const { value, problem } = valueOf(document);
      if (problem !== undefined) faults.push({ document: index, message: problem, range: startOf(document) });
      documents.push({ index, document, value: value ?? undefined });
    }
    this.documents = documents;
    this.faults = faults;
  }

  placeAt(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** The line of `place` and the one before it, with a caret; values of Secrets are covered. */
  snippetAt(place: SourcePlace, length = 1): string {
    return codeFrame({ lines: this.maskedLines(), place, length });
  }

  /** The lines of the text without their ends, with the values of Secrets covered by asterisks. */
  maskedLines(): readonly string[] {
    this.#masked ??= maskSecrets(
      this.text,
      this.documents.flatMap(({ document }) => secretRanges(document.contents)),
    ).split(/\r?\n/);
    return this.#masked;
  }

  /** The node at `path` as it was written; aliases and merge keys on the way are followed. */
  nodeAt(document: number, path: FieldPath): Node | undefined {
    const root = this.documents[document]?.document;
    let node: Node | null | undefined = root?.contents;
    for (const step of path) {
      node = root && childOf(root, node, step)?.value;
      if (!node) return undefined;
    }
    return node ?? undefined;
  }

  /**
   * Where the value at `path` stands, or its nearest parent that was written. Blocks and empty values are found at their key:
   * that is where people look.
   */
  rangeOf(document: number, path: FieldPath): TextRange {
    const root = this.documents[document]?.document;
    let node: Node | null | undefined = root?.contents;
    let range = rangeOfNode(node) ?? { start: 0, end: 0 };
    if (root && isMap(node) && node.flow !== true) range = rangeOfNode(node.items[0]?.key as Node) ?? range;
    for (const step of path) {
      const child = root && childOf(root, node, step);
      if (!child) return range;
      node = child.value;
      const scalar = isAlias(node) || (isScalar(node) && node.value !== null) ? rangeOfNode(node) : undefined;
      const item = child.key === undefined ? firstLine(rangeOfNode(node), this.text) : undefined;
      range = scalar ?? item ?? rangeOfNode(child.key) ?? range;
    }
    return range;
  }
}

function parseDocuments(text: string, lineCounter: LineCounter): Document[] | 'nested too deeply' {
  try {
    const parsed = parseAllDocuments(text, { ...kubectlYaml, lineCounter });
    return 'empty' in parsed ? [] : parsed;
  } catch (error) {
    if (error instanceof RangeError) return 'nested too deeply';
    throw error;
  }
}

function valueOf(document: Document): { value?: unknown; problem?: string } {
  try {
    return { value: document.toJS({ maxAliasCount }) as unknown };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Keys that stand twice in one map: kubectl refuses them. */
function repeatedKeys({ contents }: Document): { key: string; range: TextRange }[] {
  const found: { key: string; range: TextRange }[] = [];
  const look = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) look(item);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (seen.has(name) && !isMergeKey({ key }))
        found.push({ key: name, range: rangeOfNode(key as Node) ?? { start: 0, end: 0 } });
      seen.add(name);
      look(value);
    }
  };
  look(contents);
  return found;
}

interface Child {
  /** Absent for an item of a list. */
  readonly key?: Node;
  readonly value: Node | null;
}

function childOf(root: Document, parent: Node | null | undefined, step: string | number): Child | undefined {
  const node = isAlias(parent) ? parent.resolve(root) : parent;
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    // `- a: 1` in flow style `[a: 1]` is a pair; nobody addresses one by its index.
    return item === undefined || isPair(item) ? undefined : { value: item as Node | null };
  }
  return isMap(node) ? entryOf(root, node, String(step)) : undefined;
}

function entryOf(root: Document, map: YAMLMap, name: string): Child | undefined {
  let merged: Pair | undefined;
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key === name) return { key: pair.key as Node, value: pair.value as Node | null };
    if (isMergeKey(pair)) merged = pair;
  }
  if (!merged) return undefined;
  const sources = isSeq(merged.value) ? merged.value.items : [merged.value];
  for (const source of sources) {
    const resolved = isAlias(source) ? source.resolve(root) : source;
    const found = isMap(resolved) ? entryOf(root, resolved, name) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** The library reads the key `<<` as a symbol. */
function isMergeKey({ key }: Pick<Pair, 'key'>): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || key.value === '<<');
}

function rangeOfNode(node: Node | null | undefined): TextRange | undefined {
  const range = node?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

function firstLine(range: TextRange | undefined, text: string): TextRange | undefined {
  if (!range) return undefined;
  const end = text.indexOf('\n', range.start);
  return { start: range.start, end: end < 0 ? range.end : Math.min(end, range.end) };
}

function startOf({ range }: Document): TextRange {
  return { start: range?.[0] ?? 0, end: (range?.[0] ?? 0) + 1 };
}
