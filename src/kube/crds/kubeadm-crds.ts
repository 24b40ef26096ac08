import type { KubeObject } from '../index.ts';
import { ageColumn, column, crd } from '../schema/index.ts';
import { CAPI_CATEGORY, CLUSTER_NAME_LABEL, providerLabels } from './fragments.ts';
import {
  kubeadmConfigSpec,
  kubeadmConfigStatus,
  kubeadmConfigTemplateSpec,
  kubeadmControlPlaneSpec,
  kubeadmControlPlaneStatus,
} from './kubeadm-schemas.ts';

const clusterColumn = column('Cluster', 'string', CLUSTER_NAME_LABEL);

/** The kubeadm bootstrap and control plane providers, which the platform ships as one chart. */
export const kubeadmCrds: readonly KubeObject[] = [
  crd({
    group: 'bootstrap.cluster.x-k8s.io',
    kind: 'KubeadmConfig',
    plural: 'kubeadmconfigs',
    categories: CAPI_CATEGORY,
    labels: providerLabels('bootstrap-kubeadm'),
    versions: [
      { name: 'v1beta1', spec: kubeadmConfigSpec, status: kubeadmConfigStatus, columns: [clusterColumn, ageColumn] },
    ],
  }),
  crd({
    group: 'bootstrap.cluster.x-k8s.io',
    kind: 'KubeadmConfigTemplate',
    plural: 'kubeadmconfigtemplates',
    categories: CAPI_CATEGORY,
    labels: providerLabels('bootstrap-kubeadm'),
    versions: [{ name: 'v1beta1', spec: kubeadmConfigTemplateSpec, columns: [ageColumn] }],
  }),
  crd({
    group: 'controlplane.cluster.x-k8s.io',
    kind: 'KubeadmControlPlane',
    plural: 'kubeadmcontrolplanes',
    shortNames: ['kcp'],
    categories: CAPI_CATEGORY,
    labels: providerLabels('control-plane-kubeadm'),
    versions: [
      {
        name: 'v1beta1',
        spec: kubeadmControlPlaneSpec,
        status: kubeadmControlPlaneStatus,
        scale: { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas', selector: '.status.selector' },
        columns: [
          clusterColumn,
          column('Initialized', 'boolean', '.status.initialized'),
          column('API Server Available', 'boolean', '.status.ready'),
          column('Desired', 'integer', '.spec.replicas', 10),
          column('Replicas', 'integer', '.status.replicas'),
          column('Ready', 'integer', '.status.readyReplicas'),
          column('Updated', 'integer', '.status.updatedReplicas'),
          column('Unavailable', 'integer', '.status.unavailableReplicas'),
          ageColumn,
          column('Version', 'string', '.spec.version'),
        ],
      },
    ],
  }),
];
