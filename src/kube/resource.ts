import { splitApiVersion } from './object.ts';

/** A served resource: what is needed to build its URL. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in URLs and CRD names. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `dcsclusters.infrastructure.cluster.x-k8s.io`: the name of its CRD and the form that the import list uses. */
export function qualifiedName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function define(apiVersion: string, kind: string, plural: string, namespaced = true): Resource {
  return { ...splitApiVersion(apiVersion), kind, plural, namespaced };
}

const CAPI = 'cluster.x-k8s.io/v1beta1';
const INFRA = 'infrastructure.cluster.x-k8s.io/v1beta1';

/** The resources that the guide and the platform name; anything else is found by discovery. */
export const resources = {
  namespaces: define('v1', 'Namespace', 'namespaces', false),
  nodes: define('v1', 'Node', 'nodes', false),
  pods: define('v1', 'Pod', 'pods'),
  secrets: define('v1', 'Secret', 'secrets'),
  configMaps: define('v1', 'ConfigMap', 'configmaps'),
  services: define('v1', 'Service', 'services'),
  serviceAccounts: define('v1', 'ServiceAccount', 'serviceaccounts'),
  events: define('v1', 'Event', 'events'),
  deployments: define('apps/v1', 'Deployment', 'deployments'),
  replicaSets: define('apps/v1', 'ReplicaSet', 'replicasets'),
  daemonSets: define('apps/v1', 'DaemonSet', 'daemonsets'),
  statefulSets: define('apps/v1', 'StatefulSet', 'statefulsets'),
  jobs: define('batch/v1', 'Job', 'jobs'),
  horizontalPodAutoscalers: define('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  leases: define('coordination.k8s.io/v1', 'Lease', 'leases'),
  roles: define('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  roleBindings: define('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  clusterRoles: define('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false),
  clusterRoleBindings: define('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  customResourceDefinitions: define(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    false,
  ),

  clusters: define(CAPI, 'Cluster', 'clusters'),
  machines: define(CAPI, 'Machine', 'machines'),
  machineSets: define(CAPI, 'MachineSet', 'machinesets'),
  machineDeployments: define(CAPI, 'MachineDeployment', 'machinedeployments'),
  machineHealthChecks: define(CAPI, 'MachineHealthCheck', 'machinehealthchecks'),
  kubeadmControlPlanes: define('controlplane.cluster.x-k8s.io/v1beta1', 'KubeadmControlPlane', 'kubeadmcontrolplanes'),
  kubeadmConfigs: define('bootstrap.cluster.x-k8s.io/v1beta1', 'KubeadmConfig', 'kubeadmconfigs'),
  kubeadmConfigTemplates: define(
    'bootstrap.cluster.x-k8s.io/v1beta1',
    'KubeadmConfigTemplate',
    'kubeadmconfigtemplates',
  ),
  clusterResourceSets: define('addons.cluster.x-k8s.io/v1beta1', 'ClusterResourceSet', 'clusterresourcesets'),
  clusterResourceSetBindings: define(
    'addons.cluster.x-k8s.io/v1beta1',
    'ClusterResourceSetBinding',
    'clusterresourcesetbindings',
  ),

  dcsClusters: define(INFRA, 'DCSCluster', 'dcsclusters'),
  dcsMachines: define(INFRA, 'DCSMachine', 'dcsmachines'),
  dcsMachineTemplates: define(INFRA, 'DCSMachineTemplate', 'dcsmachinetemplates'),
  dcsIpHostnamePools: define(INFRA, 'DCSIpHostnamePool', 'dcsiphostnamepools'),
  vsphereClusters: define(INFRA, 'VSphereCluster', 'vsphereclusters'),
  vsphereMachines: define(INFRA, 'VSphereMachine', 'vspheremachines'),
  vsphereMachineTemplates: define(INFRA, 'VSphereMachineTemplate', 'vspheremachinetemplates'),
  vsphereVMs: define(INFRA, 'VSphereVM', 'vspherevms'),
  vsphereMachineConfigPools: define(INFRA, 'VSphereMachineConfigPool', 'vspheremachineconfigpools'),
  vsphereFailureDomains: define(INFRA, 'VSphereFailureDomain', 'vspherefailuredomains', false),
  vsphereDeploymentZones: define(INFRA, 'VSphereDeploymentZone', 'vspheredeploymentzones', false),
  hcsClusters: define(INFRA, 'HCSCluster', 'hcsclusters'),
  hcsMachines: define(INFRA, 'HCSMachine', 'hcsmachines'),
  hcsMachineTemplates: define(INFRA, 'HCSMachineTemplate', 'hcsmachinetemplates'),
  hcsMachineConfigPools: define(INFRA, 'HCSMachineConfigPool', 'hcsmachineconfigpools'),

  appReleases: define('operator.alauda.io/v1alpha1', 'AppRelease', 'appreleases'),
  moduleInfoes: define('cluster.alauda.io/v1alpha1', 'ModuleInfo', 'moduleinfoes', false),
  modulePlugins: define('cluster.alauda.io/v1alpha1', 'ModulePlugin', 'moduleplugins', false),
  clusterModules: define('cluster.alauda.io/v1alpha2', 'ClusterModule', 'clustermodules', false),
  tkeClusters: define('platform.tkestack.io/v1', 'Cluster', 'clusters', false),
} as const satisfies Record<string, Resource>;

const byKind = new Map<string, Resource>(Object.values(resources).map((r) => [`${apiVersionOf(r)}/${r.kind}`, r]));

/** The well-known resource for an object's type, or undefined when discovery must answer. */
export function wellKnownResource(apiVersion: string, kind: string): Resource | undefined {
  return byKind.get(`${apiVersion}/${kind}`);
}

/** The namespace in which everything of the guide lives. */
export const PLATFORM_NAMESPACE = 'cpaas-system';
