import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { ManifestText } from '../../manifests/index.ts';
import type { FieldPath } from '../../providers/index.ts';

/** How far a path leads through what is written at its own place: aliases and merge keys are not followed. */
export interface OwnNode {
  /** The node of every step that is there, the root first. */
  readonly nodes: readonly (Node | null)[];
  /** The pair of the last step that is there, when it is a key. */
  readonly pair: Pair | undefined;
  /** The steps that nothing stands at. */
  readonly missing: FieldPath;
}

export function ownNode(text: ManifestText, document: number, path: FieldPath): OwnNode | undefined {
  const root = text.documents[document]?.document.contents;
  if (!root) return undefined;
  const nodes: (Node | null)[] = [root];
  let pair: Pair | undefined;
  for (const [depth, step] of path.entries()) {
    const node = nodes.at(-1);
    if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      pair = undefined;
      nodes.push(node.items[step] as Node | null);
      continue;
    }
    const found = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : undefined;
    if (!found) return { nodes, pair, missing: path.slice(depth) };
    pair = found;
    nodes.push(found.value as Node | null);
  }
  return { nodes, pair, missing: [] };
}

/** The innermost node that ends a node: what follows it follows this one. */
export function lastLeaf(node: Node): Node {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    const end = (last?.value ?? last?.key) as Node | null | undefined;
    return end ? lastLeaf(end) : node;
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1) as Node | null | undefined;
    return last ? lastLeaf(last) : node;
  }
  return node;
}
