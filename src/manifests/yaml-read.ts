import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import { GlobalctlError, type SourcePlace } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { FieldPath, PlacedObject } from '../providers/index.ts';
import { codeFrame, maskSecrets, type TextRange } from '../site/index.ts';

/** More than any manifest of people; a file beyond it is something else. */
const maxManifestBytes = 16 * 1024 * 1024;

/** A manifest has anchors seldom; more than this many expansions are an accident or an attack. */
const maxAliasCount = 1000;

/**
 * Reads Kubernetes objects from a text of any number of YAML or JSON documents. Empty documents are skipped and a `List` is
 * its items. Throws MANIFEST_BASE_INVALID with one cause a fault.
 */
export function readManifest(file: string, text: string): PlacedObject[] {
  if (Buffer.byteLength(text) > maxManifestBytes) throw invalid(file, [fault(file, 'the file is larger than 16 MiB')]);
  const lines = new LineCounter();
  const placeAt = (offset: number): SourcePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents: Document[] = 'empty' in parsed ? [] : parsed;
  let masked: readonly string[] | undefined;
  const snippetOf = (place: SourcePlace): string => {
    masked ??= maskSecrets(text, documents.flatMap(secretRanges)).split(/\r?\n/);
    return codeFrame({ lines: masked, place });
  };
  const faults: GlobalctlError[] = [];
  const objects: PlacedObject[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) {
      const place = placeAt(error.pos[0]);
      faults.push(fault(file, error.message, place, snippetOf(place)));
      continue;
    }
    const value = valueOf(document, file, placeAt);
    if (value instanceof GlobalctlError) {
      faults.push(value);
      continue;
    }
    if (value === null || value === undefined) continue;
    const items = listItems(value);
    for (const { item, path } of items ?? [{ item: value, path: [] as FieldPath }]) {
      const placeOf = (field: FieldPath): SourcePlace => placeAt(offsetOf(document, [...path, ...field]));
      if (!isKubeObject(item)) {
        const place = placeOf([]);
        faults.push(fault(file, 'the document is no Kubernetes object', place, snippetOf(place)));
        continue;
      }
      objects.push({ object: item, origin: 'manifest', placeOf, snippetOf });
    }
  }
  if (faults.length > 0) throw invalid(file, faults);
  return objects;
}

/** Where the values of a Secret stand: snippets must not show them. */
function secretRanges(document: Document): TextRange[] {
  const root = document.contents;
  if (!isMap(root) || root.get('kind') !== 'Secret') return [];
  return ['data', 'stringData'].flatMap((field) => {
    const block = root.get(field, true) as unknown;
    if (!isMap(block)) return [];
    return block.items.flatMap(({ value }) => {
      const range = isScalar(value) ? value.range : undefined;
      return range ? [{ start: range[0], end: range[1] }] : [];
    });
  });
}

function valueOf(document: Document, file: string, placeAt: (offset: number) => SourcePlace): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (error) {
    const place = placeAt(document.range?.[0] ?? 0);
    return fault(file, error instanceof Error ? error.message : String(error), place);
  }
}

function listItems(value: unknown): { item: unknown; path: FieldPath }[] | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'List') return undefined;
  const items = 'items' in value && Array.isArray(value.items) ? (value.items as unknown[]) : [];
  return items.map((item, index) => ({ item, path: ['items', index] }));
}

function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Partial<Record<string, unknown>>;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    typeof metadata === 'object' &&
    metadata !== null &&
    typeof (metadata as { name?: unknown }).name === 'string'
  );
}

/** Offset of the value at `path`, or of its nearest parent that was written. For a block the offset of its key. */
function offsetOf(document: Document, path: FieldPath): number {
  let node = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step] as Node | undefined;
      if (!item) return offset;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
      const last = depth === path.length - 1;
      if (last && isScalar(node) && node.value !== null) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function fault(file: string, message: string, place?: SourcePlace, snippet?: string): GlobalctlError {
  return new GlobalctlError('MANIFEST_BASE_INVALID', {
    message: `${file}: ${message}`,
    subject: file,
    expected: 'Kubernetes objects with apiVersion, kind and metadata.name',
    place,
    snippet,
  });
}

function invalid(file: string, causes: readonly GlobalctlError[]): GlobalctlError {
  const [only] = causes;
  if (causes.length === 1 && only) return only;
  return new GlobalctlError('MANIFEST_BASE_INVALID', {
    message: `${file} has ${String(causes.length)} documents that cannot be used`,
    subject: file,
    causes,
  });
}
