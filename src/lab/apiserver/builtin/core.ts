import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { objectIn, setDefault, textOf } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { builtIn, specOf } from './define.ts';

function text(object: KubeObject, ...path: string[]): string {
  const value = fieldAt(object, ...path);
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : '';
}

/** The core group. */
export const coreResources: readonly ResourceDefinition[] = [
  builtIn('v1', 'Namespace', 'namespaces', {
    shortNames: ['ns'],
    clusterScoped: true,
    status: true,
    subresources: ['finalize'],
    strategy: {
      prepareForCreate: (object) => {
        objectIn(objectIn(object, 'metadata'), 'labels')['kubernetes.io/metadata.name'] = object.metadata.name;
        specOf(object).finalizers = ['kubernetes'];
        object.status = { phase: 'Active' };
      },
      prepareForUpdate: (object, old) => {
        // Only the finalize subresource changes these.
        specOf(object).finalizers = specOf(old).finalizers;
        setDefault(objectIn(objectIn(object, 'metadata'), 'labels'), 'kubernetes.io/metadata.name', old.metadata.name);
      },
      selectableFields: (object) => ({
        name: object.metadata.name ?? '',
        'status.phase': text(object, 'status', 'phase'),
      }),
    },
  }),
  builtIn('v1', 'Node', 'nodes', {
    shortNames: ['no'],
    clusterScoped: true,
    status: true,
    storage: 'minions',
    strategy: {
      keepStatusOnCreate: true,
      selectableFields: (object) => ({ 'spec.unschedulable': text(object, 'spec', 'unschedulable') || 'false' }),
    },
  }),
  builtIn('v1', 'Pod', 'pods', {
    shortNames: ['po'],
    categories: ['all'],
    status: true,
    subresources: ['log', 'binding', 'eviction'],
  }),
  builtIn('v1', 'Secret', 'secrets', {
    strategy: {
      applyDefaults: (object) => setDefault(object, 'type', 'Opaque'),
      selectableFields: (object) => ({ type: textOf(object.type) }),
    },
  }),
  builtIn('v1', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  builtIn('v1', 'ServiceAccount', 'serviceaccounts', { shortNames: ['sa'], subresources: ['token'] }),
  builtIn('v1', 'Service', 'services', {
    shortNames: ['svc'],
    categories: ['all'],
    status: true,
    storage: 'services/specs',
  }),
  builtIn('v1', 'Endpoints', 'endpoints', {
    shortNames: ['ep'],
    storage: 'services/endpoints',
    strategy: { createOnUpdate: true },
  }),
  builtIn('v1', 'Event', 'events', { shortNames: ['ev'], strategy: { createOnUpdate: true } }),
];
