import type { KubeApiError } from '../../../kube/index.ts';
import { applyConflict } from '../status-error.ts';
import type { ManagerClaim } from './managed-fields.ts';
import { printPath, type PathElement } from './path-element.ts';

/** A field that an apply would change and that another manager owns. */
export interface FieldConflict {
  readonly claim: ManagerClaim;
  readonly path: readonly PathElement[];
}

/** The 409 of the API server, with one FieldManagerConflict cause a field. */
export function applyConflictStatus(conflicts: readonly FieldConflict[]): KubeApiError {
  const causes = conflicts.map(({ claim, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(claim)}`,
    field: printPath(path),
  }));
  return applyConflict(conflictMessage(conflicts), causes);
}

function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${printManager(first.claim)}: ${printPath(first.path)}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { claim, path } of conflicts) {
    const manager = printManager(claim);
    byManager.set(manager, [...(byManager.get(manager) ?? []), `- ${printPath(path)}`]);
  }
  const parts = [...byManager.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, paths]) => [`conflicts with ${manager}:`, ...paths]);
  return `Apply failed with ${String(conflicts.length)} conflicts: ${parts.join('\n')}`;
}

/** `"kubectl-edit" using v1`; applying managers are named alone. The time is no part of a manager's identity. */
function printManager({ manager, operation, apiVersion, subresource }: ManagerClaim): string {
  const name = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
