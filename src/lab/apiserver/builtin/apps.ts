import type { ResourceDefinition } from '../resource-definition.ts';
import { builtIn, workloadScale } from './define.ts';

const generation = { generation: true };

export const appsResources: readonly ResourceDefinition[] = [
  builtIn('apps/v1', 'Deployment', 'deployments', {
    shortNames: ['deploy'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: generation,
  }),
  builtIn('apps/v1', 'ReplicaSet', 'replicasets', {
    shortNames: ['rs'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: generation,
  }),
  builtIn('apps/v1', 'DaemonSet', 'daemonsets', {
    shortNames: ['ds'],
    categories: ['all'],
    status: true,
    strategy: generation,
  }),
  builtIn('apps/v1', 'StatefulSet', 'statefulsets', {
    shortNames: ['sts'],
    categories: ['all'],
    status: true,
    scale: workloadScale,
    strategy: generation,
  }),
  builtIn('apps/v1', 'ControllerRevision', 'controllerrevisions'),
];
