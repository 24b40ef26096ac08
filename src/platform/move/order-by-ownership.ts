import { GlobalctlError } from '../../base/index.ts';
import { describeNode, type ObjectNode } from './object-node.ts';
import { isCustomGroup } from './served-kinds.ts';

/**
 * The nodes in levels: every object comes after its owners, so that no garbage collector ever sees a dependent whose owner is
 * not there yet. Secrets, ConfigMaps and other built-in kinds may have an owner that stays behind: they arrive without it.
 * Throws IMPORT_REFUSED when a custom resource has such an owner, which would cost it its life, and for circles.
 */
export function orderByOwnership<N extends ObjectNode>(nodes: readonly N[]): N[][] {
  const byUid = new Map(nodes.map((node) => [node.uid, node]));
  const orphans = nodes.flatMap((node) =>
    !isCustomGroup(node.resource.group)
      ? []
      : node.owners
          .filter((o) => !byUid.has(o.uid))
          .map((o) => `${describeNode(node)} is owned by ${o.kind} ${o.name}`),
  );
  if (orphans.length > 0)
    throw new GlobalctlError('IMPORT_REFUSED', {
      message: `objects are owned by others that are not imported: ${orphans.slice(0, 10).join('; ')}`,
      hint: 'Add the owners to ConfigMap cpaas-system/dcs-import-extra-resources.',
    });
  const level = new Map<string, number>();
  const levelOf = (node: N, path: ReadonlySet<string>): number => {
    const known = level.get(node.uid);
    if (known !== undefined) return known;
    if (path.has(node.uid))
      throw new GlobalctlError('IMPORT_REFUSED', {
        message: 'objects own each other in a circle',
        subject: describeNode(node),
      });
    const above = node.owners.map((o) => byUid.get(o.uid)).filter((o) => o !== undefined);
    const own = 1 + Math.max(-1, ...above.map((o) => levelOf(o, new Set([...path, node.uid]))));
    level.set(node.uid, own);
    return own;
  };
  const levels: N[][] = [];
  for (const node of nodes) (levels[levelOf(node, new Set())] ??= []).push(node);
  return levels;
}
