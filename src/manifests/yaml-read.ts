import { isMap, isScalar } from 'yaml';
import { GlobalctlError } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { FieldPath, PlacedObject } from '../providers/index.ts';
import { ManifestText } from './manifest-text.ts';

/** More than any manifest of people; a file beyond it is something else. */
export const maxManifestBytes = 16 * 1024 * 1024;

/** Where in which text an object stands. */
export interface ObjectSource {
  readonly text: ManifestText;
  readonly document: number;
  /** Path of the object inside its document: empty, or `['items', 2]` inside a List. */
  readonly path: FieldPath;
}

/** By the function that gives places: copies of a placed object with a filled or merged object share it. */
const sources = new WeakMap<PlacedObject['placeOf'], ObjectSource>();

/** The text that an object was read from; undefined for one that was rendered or read from a cluster. */
export function sourceOf(placed: PlacedObject): ObjectSource | undefined {
  return sources.get(placed.placeOf);
}

/** An object as it stands in a text. */
export function placeObject(object: KubeObject, source: ObjectSource): PlacedObject {
  const { text, document, path } = source;
  const placed: PlacedObject = {
    object,
    origin: 'manifest',
    placeOf: (field) => text.placeAt(text.rangeOf(document, [...path, ...field]).start),
    snippetOf: (place) => text.snippetAt(place),
    textOf: (field) => {
      const node = text.nodeAt(document, [...path, ...field]);
      // In JSON every text stands in quotes: they say nothing about what the writer meant.
      if (!isScalar(node) || !node.range || isJson(text, document)) return undefined;
      return text.text.slice(node.range[0], node.range[1]);
    },
  };
  sources.set(placed.placeOf, source);
  return placed;
}

/** Whether a document is JSON, as far as its first key shows it. */
function isJson(text: ManifestText, document: number): boolean {
  const root: unknown = text.documents[document]?.document.contents;
  if (!isMap(root) || root.flow !== true) return false;
  const key: unknown = root.items[0]?.key;
  return isScalar(key) && key.type === 'QUOTE_DOUBLE';
}

/** A value of a document with its path in it: the document itself, or each item of a List. */
export function listItems(value: unknown): { item: unknown; path: FieldPath }[] {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'List')
    return [{ item: value, path: [] }];
  const items = 'items' in value && Array.isArray(value.items) ? (value.items as unknown[]) : [];
  return items.map((item, index) => ({ item, path: ['items', index] }));
}

export function isKubeObject(value: unknown): value is KubeObject {
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

/**
 * Reads Kubernetes objects from a text of any number of YAML or JSON documents. Empty documents are skipped and a `List` is
 * its items. Throws MANIFEST_BASE_INVALID with one cause a fault.
 */
export function readManifest(file: string, text: string): PlacedObject[] {
  if (Buffer.byteLength(text) > maxManifestBytes) throw invalid(file, [fault(file, 'the file is larger than 16 MiB')]);
  const parsed = new ManifestText(file, text);
  const objects: PlacedObject[] = [];
  const faults = parsed.faults.map(({ message, range }) => placedFault(parsed, message, range.start));
  for (const { index, value } of parsed.documents) {
    if (value === undefined) continue;
    for (const { item, path } of listItems(value))
      if (isKubeObject(item)) objects.push(placeObject(item, { text: parsed, document: index, path }));
      else faults.push(placedFault(parsed, 'the document is no Kubernetes object', parsed.rangeOf(index, path).start));
  }
  if (faults.length > 0) throw invalid(file, faults);
  return objects;
}

function placedFault(text: ManifestText, message: string, offset: number): GlobalctlError {
  const place = text.placeAt(offset);
  return fault(text.file, message, { place, snippet: text.snippetAt(place) });
}

function fault(
  file: string,
  message: string,
  where: Pick<GlobalctlError['details'], 'place' | 'snippet'> = {},
): GlobalctlError {
  return new GlobalctlError('MANIFEST_BASE_INVALID', {
    message: `${file}: ${message}`,
    subject: file,
    expected: 'Kubernetes objects with apiVersion, kind and metadata.name',
    ...where,
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
