import type { KubeObject } from '../index.ts';
import { ageColumn, build, column, crd, type CrdVersion } from '../schema/index.ts';
import { clusterSpec, clusterStatus } from './cluster-schema.ts';
import { CAPI_CATEGORY, conditions, labelSelector, providerLabels, v1beta2Status } from './fragments.ts';
import {
  machineDeploymentSpec,
  machineDeploymentStatus,
  machineHealthCheckSpec,
  machineHealthCheckStatus,
  machineSetSpec,
  machineSetStatus,
  machineSpec,
  machineStatus,
} from './machine-schemas.ts';

const { bool, dateTime, int64, list, object, oneOf, textOf } = build;

const GROUP = 'cluster.x-k8s.io';
const ADDONS = 'addons.cluster.x-k8s.io';
const scale = { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas', selector: '.status.selector' };
const clusterColumn = column('Cluster', 'string', '.spec.clusterName');
const desiredColumn = column('Desired', 'integer', '.spec.replicas', 10);
const templateVersionColumn = column('Version', 'string', '.spec.template.spec.version');

function core(
  group: string,
  kind: string,
  plural: string,
  shortNames: readonly string[] | undefined,
  version: Omit<CrdVersion, 'name'>,
): KubeObject {
  return crd({
    group,
    kind,
    plural,
    ...(shortNames && { shortNames }),
    categories: CAPI_CATEGORY,
    labels: providerLabels('cluster-api'),
    versions: [{ name: 'v1beta1', ...version }],
  });
}

const resourceReferences = list(object({ 'kind!': oneOf('Secret', 'ConfigMap'), 'name!': textOf(1, 253) }), {
  maxItems: 100,
});

/** Cluster API core and the ClusterResourceSet addon, as its controllers of release 1.10 install them (contract v1beta1). */
export const coreCrds: readonly KubeObject[] = [
  core(GROUP, 'Cluster', 'clusters', ['cl'], {
    spec: clusterSpec,
    status: clusterStatus,
    columns: [
      column('ClusterClass', 'string', '.spec.topology.class'),
      column('Phase', 'string', '.status.phase'),
      ageColumn,
      column('Version', 'string', '.spec.topology.version'),
    ],
  }),
  core(GROUP, 'Machine', 'machines', ['ma'], {
    spec: machineSpec,
    status: machineStatus,
    columns: [
      clusterColumn,
      column('NodeName', 'string', '.status.nodeRef.name'),
      column('ProviderID', 'string', '.spec.providerID'),
      column('Phase', 'string', '.status.phase'),
      ageColumn,
      column('Version', 'string', '.spec.version'),
    ],
  }),
  core(GROUP, 'MachineSet', 'machinesets', ['ms'], {
    spec: machineSetSpec,
    status: machineSetStatus,
    scale,
    columns: [
      clusterColumn,
      desiredColumn,
      column('Replicas', 'integer', '.status.replicas'),
      column('Ready', 'integer', '.status.readyReplicas'),
      column('Available', 'integer', '.status.availableReplicas'),
      ageColumn,
      templateVersionColumn,
    ],
  }),
  core(GROUP, 'MachineDeployment', 'machinedeployments', ['md'], {
    spec: machineDeploymentSpec,
    status: machineDeploymentStatus,
    scale,
    columns: [
      clusterColumn,
      desiredColumn,
      column('Replicas', 'integer', '.status.replicas'),
      column('Ready', 'integer', '.status.readyReplicas'),
      column('Updated', 'integer', '.status.updatedReplicas'),
      column('Unavailable', 'integer', '.status.unavailableReplicas'),
      column('Phase', 'string', '.status.phase'),
      ageColumn,
      templateVersionColumn,
    ],
  }),
  core(GROUP, 'MachineHealthCheck', 'machinehealthchecks', ['mhc', 'mhcs'], {
    spec: machineHealthCheckSpec,
    status: machineHealthCheckStatus,
    columns: [
      clusterColumn,
      column('ExpectedMachines', 'integer', '.status.expectedMachines'),
      column('MaxUnhealthy', 'string', '.spec.maxUnhealthy'),
      column('CurrentHealthy', 'integer', '.status.currentHealthy'),
      ageColumn,
    ],
  }),
  core(ADDONS, 'ClusterResourceSet', 'clusterresourcesets', undefined, {
    spec: object({
      'clusterSelector!': labelSelector,
      resources: resourceReferences,
      strategy: oneOf('ApplyOnce', 'Reconcile'),
    }),
    status: object({ conditions, observedGeneration: int64(), v1beta2: v1beta2Status() }),
    columns: [ageColumn],
  }),
  core(ADDONS, 'ClusterResourceSetBinding', 'clusterresourcesetbindings', undefined, {
    spec: object({
      bindings: list(
        object({
          'clusterResourceSetName!': textOf(1, 253),
          resources: list(
            object({
              'applied!': bool(),
              hash: textOf(1, 256),
              'kind!': oneOf('Secret', 'ConfigMap'),
              lastAppliedTime: dateTime(),
              'name!': textOf(1, 253),
            }),
            { maxItems: 100 },
          ),
        }),
        { maxItems: 100 },
      ),
      clusterName: textOf(1, 63),
    }),
    hasStatusSubresource: true,
    columns: [ageColumn],
  }),
];
