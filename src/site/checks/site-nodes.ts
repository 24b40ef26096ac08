import type { NodeBase, Site } from '../site.ts';

export interface PlacedNode {
  readonly node: NodeBase;
  /** `controlPlane.nodes[0]`. */
  readonly path: string;
}

/** Every node entry with its path, control plane first. */
export function nodesOf(site: Site): PlacedNode[] {
  const placed = (nodes: readonly NodeBase[], path: string): PlacedNode[] =>
    nodes.map((node, i) => ({ node, path: `${path}.nodes[${String(i)}]` }));
  return [
    ...placed(site.controlPlane.nodes, 'controlPlane'),
    ...site.workers.flatMap((pool, i) => placed(pool.nodes, `workers[${String(i)}]`)),
  ];
}
