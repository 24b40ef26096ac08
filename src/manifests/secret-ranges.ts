import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { TextRange } from '../site/index.ts';

/**
 * Where the values of Secrets stand, those in a List too. What stands after a key such as `password` is covered by its name
 * wherever it is (`maskSecrets`).
 */
export function secretRanges(root: Node | null): TextRange[] {
  if (!isMap(root)) return [];
  const items = root.get('items', true) as unknown;
  if (root.get('kind') === 'List' && isSeq(items)) return items.items.flatMap((item) => secretRanges(item as Node));
  if (root.get('kind') !== 'Secret') return [];
  return root.items.flatMap(({ key, value }) =>
    isScalar(key) && (key.value === 'data' || key.value === 'stringData') ? scalarRanges(value) : [],
  );
}

function scalarRanges(node: unknown): TextRange[] {
  if (isScalar(node)) return node.range ? [{ start: node.range[0], end: node.range[1] }] : [];
  if (isMap(node)) return node.items.flatMap(({ value }) => scalarRanges(value));
  return isSeq(node) ? node.items.flatMap(scalarRanges) : [];
}
