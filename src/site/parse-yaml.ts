import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
  type YAMLError,
} from 'yaml';
import type { SourcePlace } from '../base/index.ts';
import type { FieldPath } from './field-path.ts';
import type { TextRange } from './mask-secrets.ts';

/** A YAML text as its value, with the place of every field. */
export class YamlSource {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(parsed: { file: string; text: string; value: unknown; document: Document; lines: LineCounter }) {
    this.file = parsed.file;
    this.text = parsed.text;
    this.value = parsed.value;
    this.#document = parsed.document;
    this.#lines = parsed.lines;
  }

  /** Where the value of `path` stands; `part: 'key'` for its key. The nearest parent that exists answers for what does not. */
  rangeOf(path: FieldPath, part: 'key' | 'value' = 'value'): TextRange {
    let node: Node | null = this.#document.contents;
    let range = rangeOfNode(node) ?? { start: 0, end: 0 };
    for (const [depth, step] of path.entries()) {
      const resolved: Node | undefined | null = isAlias(node) ? node.resolve(this.#document) : node;
      const last = depth === path.length - 1;
      if (isSeq(resolved) && typeof step === 'number') {
        const item: unknown = resolved.items[step];
        if (item === undefined) return range;
        node = item as Node;
      } else if (isMap(resolved)) {
        const pair = resolved.items.find((item) => keyOf(item) === String(step));
        if (pair === undefined) return range;
        const key = rangeOfNode(pair.key as Node | null);
        const value = pair.value as Node | null;
        const empty = value === null || (isScalar(value) && value.value === null);
        range = key ?? range;
        if (last && (part === 'key' || empty)) return range;
        node = value;
      } else return range;
      // A block's own range starts at its first key; its key is what people look for.
      if (isScalar(node) || isAlias(node) || (last && isSeq(node) && node.flow === true) || typeof step === 'number')
        range = rangeOfNode(node) ?? range;
    }
    return range;
  }

  placeAt(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col };
  }
}

function rangeOfNode(node: Node | null | undefined): TextRange | undefined {
  const range = node?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** What parsing found wrong, before secrets in the text are masked for the snippet. */
export interface YamlProblem {
  readonly code: 'SITE_YAML' | 'SITE_DUPLICATE_KEY' | 'SITE_SEVERAL_DOCUMENTS' | 'SITE_ALIASES' | 'SITE_EMPTY';
  readonly message: string;
  readonly offset: number;
  readonly length?: number;
  readonly hint?: string;
}

export type YamlOutcome =
  | { readonly source: YamlSource }
  | { readonly problems: readonly YamlProblem[]; readonly placeAt: (offset: number) => SourcePlace };

/** More aliases than a person writes; each use counts by what it expands to. */
const maxAliasCount = 100;
/** One slip of indentation makes many errors; the first few name it. */
const maxSyntaxErrors = 5;

/** Parses one YAML 1.2 document. Never throws for what stands in the text. */
export function parseYaml(file: string, text: string): YamlOutcome {
  const lines = new LineCounter();
  const placeAt = (offset: number): SourcePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const failed = (problems: readonly YamlProblem[]): YamlOutcome => ({ problems, placeAt });
  try {
    // The parser's own check for duplicate keys compares each key with all before it.
    const documents = parseAllDocuments<ParsedNode>(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
    });
    if ('empty' in documents)
      return failed([{ code: 'SITE_EMPTY', message: `${file} holds only comments`, offset: 0 }]);
    const [document, second] = documents;
    if (document === undefined) return failed([{ code: 'SITE_EMPTY', message: `${file} is empty`, offset: 0 }]);
    const errors = [...document.errors, ...document.warnings];
    if (errors.length > 0) return failed(errors.slice(0, maxSyntaxErrors).map(syntaxProblem));
    if (second !== undefined)
      return failed([
        {
          code: 'SITE_SEVERAL_DOCUMENTS',
          message: `${file} holds ${String(documents.length)} YAML documents`,
          offset: second.contents?.range[0] ?? second.range[0],
        },
      ]);
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
      return failed([{ code: 'SITE_EMPTY', message: `${file} holds only comments`, offset: 0 }]);
    const duplicates = duplicateKeys(document);
    if (duplicates.length > 0) return failed(duplicates);
    const value = expand(document);
    if ('problem' in value) return failed([value.problem]);
    return { source: new YamlSource({ file, text, value: value.value, document, lines }) };
  } catch (error) {
    if (error instanceof RangeError)
      return failed([{ code: 'SITE_YAML', message: 'the blocks are nested too deeply', offset: 0 }]);
    throw error;
  }
}

function syntaxProblem(error: YAMLError): YamlProblem {
  const hint =
    error.code === 'TAB_AS_INDENT'
      ? 'Replace the tab by spaces.'
      : error.code === 'TAG_RESOLVE_FAILED'
        ? 'Remove the tag.'
        : undefined;
  return {
    code: 'SITE_YAML',
    message: error.message.charAt(0).toLowerCase() + error.message.slice(1),
    offset: error.pos[0],
    length: Math.max(1, error.pos[1] - error.pos[0]),
    ...(hint !== undefined && { hint }),
  };
}

function duplicateKeys(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const key = keyOf(pair);
        const range = rangeOfNode(pair.key as Node | null);
        if (seen.has(key) && range)
          problems.push({
            code: 'SITE_DUPLICATE_KEY',
            message: `${key} occurs twice in the same block`,
            offset: range.start,
            length: range.end - range.start,
          });
        seen.add(key);
      }
    },
  });
  return problems;
}

function expand(document: Document): { value: unknown } | { problem: YamlProblem } {
  try {
    const value: unknown = document.toJS({ maxAliasCount });
    return { value };
  } catch (error) {
    // The parser answers both an excess of aliases and an alias without its anchor with a ReferenceError.
    if (!(error instanceof ReferenceError)) throw error;
    const excess = error.message.startsWith('Excessive');
    let offset = 0;
    visit(document, {
      Alias(_key, alias) {
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return {
      problem: excess
        ? { code: 'SITE_ALIASES', message: `more than ${String(maxAliasCount)} values come from YAML aliases`, offset }
        : { code: 'SITE_YAML', message: error.message, offset },
    };
  }
}
