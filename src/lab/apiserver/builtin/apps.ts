import { fieldAt } from '../../../kube/index.ts';
import type { Column, ResourceDefinition } from '../resource-definition.ts';
import { ageColumn, labelsText, nameColumn, numberAt, numberColumn, templateColumns, textColumn } from './columns.ts';
import { builtIn, workloadScale } from './define.ts';
import { readyOf } from './pod-columns.ts';
import {
  daemonSetStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  statefulSetStrategy,
} from './workload-strategies.ts';

const statusNumber = (name: string, field: string): Column => numberColumn(name, (o) => numberAt(o, 'status', field));

const deploymentColumns: readonly Column[] = [
  nameColumn,
  textColumn('Ready', readyOf),
  statusNumber('Up-to-date', 'updatedReplicas'),
  statusNumber('Available', 'availableReplicas'),
  ageColumn,
  ...templateColumns,
];

/** Of ReplicaSets and ReplicationControllers. */
export const replicaSetColumns: readonly Column[] = [
  nameColumn,
  numberColumn('Desired', (o) => numberAt(o, 'spec', 'replicas')),
  statusNumber('Current', 'replicas'),
  statusNumber('Ready', 'readyReplicas'),
  ageColumn,
  ...templateColumns,
];

const daemonSetColumns: readonly Column[] = [
  nameColumn,
  statusNumber('Desired', 'desiredNumberScheduled'),
  statusNumber('Current', 'currentNumberScheduled'),
  statusNumber('Ready', 'numberReady'),
  statusNumber('Up-to-date', 'updatedNumberScheduled'),
  statusNumber('Available', 'numberAvailable'),
  textColumn('Node Selector', (o) => labelsText(fieldAt(o, 'spec', 'template', 'spec', 'nodeSelector'))),
  ageColumn,
  ...templateColumns,
];

const statefulSetColumns: readonly Column[] = [
  nameColumn,
  textColumn('Ready', readyOf),
  ageColumn,
  ...templateColumns.slice(0, 2),
];

const revisionColumns: readonly Column[] = [
  nameColumn,
  textColumn(
    'Controller',
    (o) => {
      const owner = o.metadata.ownerReferences?.find((r) => r.controller === true);
      const group = owner?.apiVersion.includes('/') === true ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
      return owner && `${owner.kind.toLowerCase()}${group}/${owner.name}`;
    },
    { none: '<none>' },
  ),
  numberColumn('Revision', (o) => o.revision),
  ageColumn,
];

/** The group `apps`. */
export const appsResources: readonly ResourceDefinition[] = [
  builtIn('apps/v1', 'Deployment', 'deployments', {
    shortNames: ['deploy'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: deploymentStrategy,
    columns: deploymentColumns,
  }),
  builtIn('apps/v1', 'ReplicaSet', 'replicasets', {
    shortNames: ['rs'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: replicaSetStrategy,
    columns: replicaSetColumns,
  }),
  builtIn('apps/v1', 'DaemonSet', 'daemonsets', {
    shortNames: ['ds'],
    categories: ['all'],
    status: true,
    strategy: daemonSetStrategy,
    columns: daemonSetColumns,
  }),
  builtIn('apps/v1', 'StatefulSet', 'statefulsets', {
    shortNames: ['sts'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: statefulSetStrategy,
    columns: statefulSetColumns,
  }),
  builtIn('apps/v1', 'ControllerRevision', 'controllerrevisions', { columns: revisionColumns }),
];
