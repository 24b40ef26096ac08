import type { ResourceDefinition } from '../resource-definition.ts';
import * as columns from './core-columns.ts';
import {
  claimStrategy,
  configMapStrategy,
  endpointsStrategy,
  limitRangeStrategy,
  namespaceStrategy,
  nodeStrategy,
  secretStrategy,
  serviceStrategy,
  volumeStrategy,
} from './core-strategies.ts';
import { replicaSetColumns } from './apps.ts';
import { builtIn, workloadScale } from './define.ts';
import { podColumns } from './pod-columns.ts';
import { podStrategy } from './pod.ts';
import { podTemplateStrategy, replicationControllerStrategy } from './workload-strategies.ts';

/** The core group. */
export const coreResources: readonly ResourceDefinition[] = [
  builtIn('v1', 'Namespace', 'namespaces', {
    shortNames: ['ns'],
    clusterScoped: true,
    status: true,
    subresources: ['finalize'],
    strategy: namespaceStrategy,
    columns: columns.namespaceColumns,
  }),
  builtIn('v1', 'Node', 'nodes', {
    shortNames: ['no'],
    clusterScoped: true,
    status: true,
    storage: 'minions',
    strategy: nodeStrategy,
    columns: columns.nodeColumns,
  }),
  builtIn('v1', 'Pod', 'pods', {
    shortNames: ['po'],
    categories: ['all'],
    status: true,
    subresources: ['attach', 'binding', 'eviction', 'exec', 'log', 'portforward'],
    strategy: podStrategy,
    columns: podColumns,
  }),
  builtIn('v1', 'Secret', 'secrets', { strategy: secretStrategy, columns: columns.secretColumns }),
  builtIn('v1', 'ConfigMap', 'configmaps', {
    shortNames: ['cm'],
    strategy: configMapStrategy,
    columns: columns.configMapColumns,
  }),
  builtIn('v1', 'ServiceAccount', 'serviceaccounts', {
    shortNames: ['sa'],
    subresources: ['token'],
    columns: columns.serviceAccountColumns,
  }),
  builtIn('v1', 'Service', 'services', {
    shortNames: ['svc'],
    categories: ['all'],
    status: true,
    storage: 'services/specs',
    strategy: serviceStrategy,
    columns: columns.serviceColumns,
  }),
  builtIn('v1', 'Endpoints', 'endpoints', {
    shortNames: ['ep'],
    singular: 'endpoints',
    storage: 'services/endpoints',
    strategy: endpointsStrategy,
    deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    columns: columns.endpointsColumns,
  }),
  builtIn('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
    shortNames: ['pvc'],
    status: true,
    strategy: claimStrategy,
    columns: columns.claimColumns,
  }),
  builtIn('v1', 'PersistentVolume', 'persistentvolumes', {
    shortNames: ['pv'],
    clusterScoped: true,
    status: true,
    strategy: volumeStrategy,
    columns: columns.volumeColumns,
  }),
  builtIn('v1', 'ResourceQuota', 'resourcequotas', { shortNames: ['quota'], status: true }),
  builtIn('v1', 'LimitRange', 'limitranges', { shortNames: ['limits'], strategy: limitRangeStrategy }),
  builtIn('v1', 'ReplicationController', 'replicationcontrollers', {
    shortNames: ['rc'],
    categories: ['all'],
    status: true,
    storage: 'controllers',
    scale: workloadScale,
    strategy: replicationControllerStrategy,
    columns: replicaSetColumns,
  }),
  builtIn('v1', 'PodTemplate', 'podtemplates', { strategy: podTemplateStrategy }),
];
