import { createColors } from 'picocolors';
import { formatDuration } from '../../base/index.ts';
import type { StatusNode } from '../../observe/index.ts';
import { formatTable } from './table.ts';

/** The status tree as people know it from Cluster API: names indented, then readiness, phase, and what is not true. */
export function formatStatusTree(roots: readonly StatusNode[], nowMs: number, color: boolean): string {
  const rows: string[][] = [];
  const visit = (node: StatusNode, prefix: string, branch: string): void => {
    const { object, role, ready, phase = '', blocking } = node;
    const label = `${role === undefined ? '' : `${role} - `}${object.kind}/${object.metadata.name ?? '?'}`;
    const since =
      blocking?.lastTransitionTime === undefined
        ? ''
        : formatDuration(Math.max(0, nowMs - Date.parse(blocking.lastTransitionTime)));
    rows.push([
      `${prefix}${branch}${label}`,
      ready,
      phase,
      blocking ? `${blocking.type}${blocking.reason === undefined ? '' : `: ${blocking.reason}`}` : '',
      since,
      blocking?.message ?? '',
    ]);
    const below = branch === '' ? '' : `${prefix}${branch.startsWith('└') ? '   ' : '│  '}`;
    node.children.forEach((child, i) => visit(child, below, i === node.children.length - 1 ? '└─ ' : '├─ '));
  };
  for (const root of roots) visit(root, '', '');
  const table = formatTable(['NAME', 'READY', 'PHASE', 'NOT TRUE', 'SINCE', 'MESSAGE'], rows);
  const c = createColors(color);
  return table.replace(/ False /g, (m) => c.red(m)).replace(/ True /g, (m) => c.green(m));
}
