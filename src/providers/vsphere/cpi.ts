import { stringify } from 'yaml';
import { resources, type KubeObject } from '../../kube/index.ts';
import { platformObject } from '../shared/cluster-objects.ts';

/** The label by which ClusterResourceSet finds the cluster that gets the cloud provider. */
export const cpiClusterLabel = { 'addons.cluster.x-k8s.io/vsphere-cpi': 'enabled' };

export const cpiNames = {
  set: 'global-vsphere-cpi',
  config: 'global-vsphere-cpi-config',
  secret: 'global-vsphere-cpi-secret',
  manifests: 'global-vsphere-cpi-manifests',
} as const;

export interface CpiInputs {
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly datacenters: readonly string[];
  readonly insecure: boolean;
  /** `<registry>/ait/cloud-provider-vsphere:<tag>`. */
  readonly image: string;
  /** Only for a registry that wants a login. */
  readonly imagePullSecret?: string | undefined;
  /** Zone and region labels go together with a failure domain selector. */
  readonly labels: boolean;
}

/**
 * The vSphere cloud provider, delivered into the new cluster once its API server answers: three carriers and the
 * ClusterResourceSet, all in the namespace of `Cluster` (vsphere.md §4).
 */
export function cpiObjects(inputs: CpiInputs): KubeObject[] {
  return [
    platformObject(resources.configMaps, cpiNames.config, { data: { data: cloudConfig(inputs) } }),
    platformObject(resources.secrets, cpiNames.secret, {
      type: 'addons.cluster.x-k8s.io/resource-set',
      stringData: { data: cloudSecret(inputs) },
    }),
    platformObject(resources.configMaps, cpiNames.manifests, { data: { data: cloudManifests(inputs) } }),
    platformObject(resources.clusterResourceSets, cpiNames.set, {
      spec: {
        strategy: 'Reconcile',
        clusterSelector: { matchLabels: { ...cpiClusterLabel } },
        resources: [
          { kind: 'ConfigMap', name: cpiNames.config },
          { kind: 'Secret', name: cpiNames.secret },
          { kind: 'ConfigMap', name: cpiNames.manifests },
        ],
      },
    }),
  ];
}

const write = (...objects: readonly unknown[]): string =>
  objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');

function cloudConfig({ server, datacenters, insecure, labels }: CpiInputs): string {
  const lines = [
    '[Global]',
    'secret-name = "vsphere-cloud-secret"',
    'secret-namespace = "kube-system"',
    'service-account = "cloud-controller-manager"',
    'port = "443"',
    `insecure-flag = "${insecure ? '1' : '0'}"`,
    `datacenters = "${datacenters.join(',')}"`,
    '',
    ...(labels ? ['[Labels]', 'zone = "k8s-zone"', 'region = "k8s-region"', ''] : []),
    `[VirtualCenter "${server}"]`,
    '',
  ];
  return write({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cloud-config', namespace: 'kube-system' },
    data: { 'vsphere.conf': lines.join('\n') },
  });
}

function cloudSecret({ server, username, password }: CpiInputs): string {
  return write({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vsphere-cloud-secret', namespace: 'kube-system' },
    type: 'Opaque',
    stringData: { [`${server}.username`]: username, [`${server}.password`]: password },
  });
}

const manager = 'cloud-controller-manager';
const workload = 'vsphere-cloud-controller-manager';
const rbac = 'rbac.authorization.k8s.io';

const rules = [
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['*'] },
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['list', 'patch', 'update', 'watch'] },
  { apiGroups: [''], resources: ['services/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['create', 'get', 'list', 'watch', 'update'] },
  { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'update', 'watch'] },
  { apiGroups: [''], resources: ['endpoints'], verbs: ['create', 'get', 'list', 'watch', 'update'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
];

function cloudManifests(inputs: CpiInputs): string {
  const account = { kind: 'ServiceAccount', name: manager, namespace: 'kube-system' };
  return write(
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: manager, namespace: 'kube-system' },
      automountServiceAccountToken: false,
    },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: `system:${manager}` }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'servicecatalog.k8s.io:apiserver-authentication-reader', namespace: 'kube-system' },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      subjects: [
        { apiGroup: '', ...account },
        { apiGroup: '', kind: 'User', name: manager },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `system:${manager}` },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `system:${manager}` },
      subjects: [account, { kind: 'User', name: manager }],
    },
    daemonSet(inputs),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: workload, namespace: 'kube-system', labels: { component: manager } },
      spec: {
        type: 'NodePort',
        ports: [{ port: 43001, protocol: 'TCP', targetPort: 43001 }],
        selector: { component: manager },
      },
    },
  );
}

function daemonSet({ image, imagePullSecret }: CpiInputs): Record<string, unknown> {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: workload,
      namespace: 'kube-system',
      labels: { component: manager, tier: 'control-plane', 'k8s-app': workload },
      annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' },
    },
    spec: {
      selector: { matchLabels: { 'k8s-app': workload } },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: { component: manager, 'k8s-app': workload } },
        spec: {
          ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
          securityContext: { runAsUser: 1001 },
          automountServiceAccountToken: true,
          serviceAccountName: manager,
          hostNetwork: true,
          tolerations: [
            { operator: 'Exists' },
            { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' },
            { key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' },
            { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', operator: 'Exists' },
          ],
          containers: [
            {
              name: workload,
              image,
              args: ['--v=2', '--cloud-provider=vsphere', '--cloud-config=/etc/cloud/vsphere.conf'],
              volumeMounts: [{ mountPath: '/etc/cloud', name: 'vsphere-config-volume', readOnly: true }],
              resources: { requests: { cpu: '200m' } },
            },
          ],
          volumes: [{ name: 'vsphere-config-volume', configMap: { name: 'cloud-config' } }],
        },
      },
    },
  };
}
