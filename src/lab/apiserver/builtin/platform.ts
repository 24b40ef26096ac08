import type { ResourceDefinition } from '../resource-definition.ts';
import { builtIn } from './define.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const generation = { generation: true };

/** Everything built in that is neither core nor a workload of `apps`. */
export const platformResources: readonly ResourceDefinition[] = [
  builtIn('batch/v1', 'Job', 'jobs', { categories: ['all'], status: true, strategy: generation }),
  builtIn('batch/v1', 'CronJob', 'cronjobs', {
    shortNames: ['cj'],
    categories: ['all'],
    status: true,
    strategy: generation,
  }),
  builtIn('coordination.k8s.io/v1', 'Lease', 'leases', {
    strategy: { unconditionalUpdate: false, createOnUpdate: true },
  }),
  builtIn(RBAC, 'Role', 'roles', { strategy: { createOnUpdate: true } }),
  builtIn(RBAC, 'RoleBinding', 'rolebindings', { strategy: { createOnUpdate: true } }),
  builtIn(RBAC, 'ClusterRole', 'clusterroles', { clusterScoped: true, strategy: { createOnUpdate: true } }),
  builtIn(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', {
    clusterScoped: true,
    strategy: { createOnUpdate: true },
  }),
  builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    clusterScoped: true,
    status: true,
    storage: 'apiextensions.k8s.io/customresourcedefinitions',
    strategy: { unconditionalUpdate: false, generation: true },
  }),
];
