import { objectIn, objectsIn, setDefaultOfZero, textOf } from '../json.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, createdColumns, nameColumn, textAt, textColumn } from './columns.ts';
import { builtIn } from './define.ts';
import { bindingFaults, roleFaults } from './rules/access-rules.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

const bindingColumns: readonly Column[] = [
  nameColumn,
  textColumn('Role', (o) => `${textAt(o, 'roleRef', 'kind')}/${textAt(o, 'roleRef', 'name')}`),
  ageColumn,
  ...(['User', 'Group', 'ServiceAccount'] as const).map((kind) =>
    textColumn(
      kind === 'ServiceAccount' ? 'ServiceAccounts' : `${kind}s`,
      (o) =>
        objectsIn(o.subjects)
          .filter((s) => s.kind === kind)
          .map((s) => (kind === 'ServiceAccount' ? `${textOf(s.namespace)}/${textOf(s.name)}` : textOf(s.name)))
          .join(', '),
      { priority: 1 },
    ),
  ),
];

/** The role of a binding is for ever. */
const bindingStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  applyDefaults: (object) => {
    const role = objectIn(object, 'roleRef');
    setDefaultOfZero(role, 'apiGroup', 'rbac.authorization.k8s.io');
    for (const subject of objectsIn(object.subjects))
      if (subject.kind !== 'ServiceAccount') setDefaultOfZero(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  },
  validate: bindingFaults,
};

const roleStrategy: Partial<Strategy> = { createOnUpdate: true, validate: roleFaults };

/** The group `rbac.authorization.k8s.io`. */
export const accessResources: readonly ResourceDefinition[] = [
  builtIn(RBAC, 'Role', 'roles', { strategy: roleStrategy, columns: createdColumns }),
  builtIn(RBAC, 'RoleBinding', 'rolebindings', { strategy: bindingStrategy, columns: bindingColumns }),
  builtIn(RBAC, 'ClusterRole', 'clusterroles', {
    clusterScoped: true,
    strategy: roleStrategy,
    columns: createdColumns,
  }),
  builtIn(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', {
    clusterScoped: true,
    strategy: bindingStrategy,
    columns: bindingColumns,
  }),
];
