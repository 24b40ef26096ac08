import type { KubeObject } from '../index.ts';
import { ageColumn, build, column, crd, type CrdVersion } from '../schema/index.ts';
import { CAPI_CATEGORY, providerLabels } from './fragments.ts';
import {
  clusterIdentitySpec,
  clusterSpec,
  clusterStatus,
  deploymentZoneSpec,
  failureDomainSpec,
  machineConfigPoolSpec,
  machineConfigPoolStatus,
  machineSpec,
  machineStatus,
  machineTemplateSpec,
  readyStatus,
  vmSpec,
  vmStatus,
} from './vsphere-schemas.ts';

/** Versions of the past, declared and no longer served. */
function formerVersions(hasStatusSubresource: boolean): CrdVersion[] {
  return ['v1alpha3', 'v1alpha4'].map((name) => ({
    name,
    schema: { type: 'object', ...build.anything() },
    isServed: false,
    isDeprecated: true,
    hasStatusSubresource,
  }));
}

interface VsphereKind {
  readonly kind: string;
  readonly plural: string;
  readonly scope?: 'Cluster';
  /** The kind came with v1beta1 and has no former versions. */
  readonly isNew?: boolean;
}

function vsphere({ kind, plural, scope, isNew = false }: VsphereKind, version: Omit<CrdVersion, 'name'>): KubeObject {
  return crd({
    group: 'infrastructure.cluster.x-k8s.io',
    kind,
    plural,
    ...(scope && { scope }),
    categories: CAPI_CATEGORY,
    labels: providerLabels('infrastructure-vsphere'),
    versions: [...(isNew ? [] : formerVersions(version.status !== undefined)), { name: 'v1beta1', ...version }],
  });
}

export const vsphereCrds: readonly KubeObject[] = [
  vsphere(
    { kind: 'VSphereCluster', plural: 'vsphereclusters' },
    {
      spec: clusterSpec,
      status: clusterStatus,
      columns: [
        column('Ready', 'string', '.status.ready'),
        column('Server', 'string', '.spec.server'),
        column('ControlPlaneEndpoint', 'string', '.spec.controlPlaneEndpoint.host', 1),
        ageColumn,
      ],
    },
  ),
  vsphere(
    { kind: 'VSphereMachine', plural: 'vspheremachines' },
    {
      spec: machineSpec,
      status: machineStatus,
      columns: [
        column('Cluster', 'string', '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name'),
        column('Ready', 'string', '.status.ready'),
        column('ProviderID', 'string', '.spec.providerID'),
        column('Machine', 'string', '.metadata.ownerReferences[?(@.kind=="Machine")].name', 1),
        ageColumn,
      ],
    },
  ),
  vsphere({ kind: 'VSphereMachineTemplate', plural: 'vspheremachinetemplates' }, { spec: machineTemplateSpec }),
  vsphere({ kind: 'VSphereVM', plural: 'vspherevms' }, { spec: vmSpec, status: vmStatus }),
  vsphere(
    { kind: 'VSphereMachineConfigPool', plural: 'vspheremachineconfigpools', isNew: true },
    { spec: machineConfigPoolSpec, status: machineConfigPoolStatus },
  ),
  vsphere(
    { kind: 'VSphereFailureDomain', plural: 'vspherefailuredomains', scope: 'Cluster' },
    { spec: failureDomainSpec },
  ),
  vsphere(
    { kind: 'VSphereDeploymentZone', plural: 'vspheredeploymentzones', scope: 'Cluster' },
    { spec: deploymentZoneSpec, status: readyStatus },
  ),
  vsphere(
    { kind: 'VSphereClusterIdentity', plural: 'vsphereclusteridentities', scope: 'Cluster' },
    { spec: clusterIdentitySpec, status: readyStatus },
  ),
];
