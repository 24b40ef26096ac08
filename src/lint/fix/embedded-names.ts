import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { fieldAt } from '../../kube/index.ts';
import { sourceOf } from '../../manifests/index.ts';
import type { FieldPath, PlacedObject } from '../../providers/index.ts';
import { scalarText } from './scalar-text.ts';
import type { TextEdit } from './text-edit.ts';

/** Where the import list (guide step 7) stands in its ConfigMap. */
const importList: FieldPath = ['data', 'resources.yaml'];

export interface EmbeddedRename {
  /** Plural of the kind, as the list writes it: `secrets`, or with its group. */
  readonly plural: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The edits that rename an object in the import list of a ConfigMap. The list is YAML inside a text, so that its letters are found by
 * line and column of the block. Undefined when it names the object and is not written as a block.
 */
export function renameInImportList(at: PlacedObject, { plural, from, to }: EmbeddedRename): TextEdit[] | undefined {
  const value = fieldAt(at.object, ...importList);
  if (at.object.kind !== 'ConfigMap' || typeof value !== 'string' || !value.includes(from)) return [];
  const inner = parseDocument(value, { prettyErrors: false });
  const list: unknown = inner.get('resources', true);
  const found: { start: number; end: number }[] = [];
  for (const entry of isSeq(list) ? list.items : []) {
    const names: unknown = isMap(entry) && entry.get('resource') === plural ? entry.get('names', true) : undefined;
    for (const name of isSeq(names) ? names.items : [])
      if (isScalar(name) && name.value === from && name.range) found.push({ start: name.range[0], end: name.range[1] });
  }
  if (found.length === 0) return [];
  const offset = blockOffsets(at, value);
  if (!offset) return undefined;
  return found.map(({ start, end }) => {
    const former = value.slice(start, end);
    return { start: offset(start), end: offset(start) + former.length, text: scalarText(to, former, false) };
  });
}

/** Offsets of the source for offsets of the value of a literal block. */
function blockOffsets(at: PlacedObject, value: string): ((inner: number) => number) | undefined {
  const source = sourceOf(at);
  const node = source?.text.nodeAt(source.document, [...source.path, ...importList]);
  if (!source || !isScalar(node) || node.type !== 'BLOCK_LITERAL' || !node.range) return undefined;
  const { text } = source.text;
  const body = text.indexOf('\n', node.range[0]) + 1;
  const indent = /^(?:[ \t]*\r?\n)*( *)/.exec(text.slice(body))?.[1]?.length ?? 0;
  const starts = [body];
  for (let next = text.indexOf('\n', body); next >= 0 && next < node.range[1]; next = text.indexOf('\n', next + 1))
    starts.push(next + 1);
  return (inner) => {
    const before = value.slice(0, inner).split('\n');
    return (starts[before.length - 1] ?? body) + indent + (before.at(-1)?.length ?? 0);
  };
}
