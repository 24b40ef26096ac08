import type { KubeObject } from '../../../kube/index.ts';

/** The roles and bindings that every cluster starts with, as far as users of the lab meet them. */

const API = 'rbac.authorization.k8s.io/v1';
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

function clusterRole(
  name: string,
  rules: readonly Rule[],
  extra: {
    readonly labels?: Readonly<Record<string, string>>;
    /** Label of the roles whose rules this one gathers. */
    readonly aggregate?: string;
  } = {},
): KubeObject {
  return {
    apiVersion: API,
    kind: 'ClusterRole',
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...extra.labels },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    ...(extra.aggregate !== undefined && {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [extra.aggregate]: 'true' } }] },
    }),
    rules,
  };
}

function binding(name: string, role: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: API,
    kind: 'ClusterRoleBinding',
    metadata: {
      name,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: groups.map((g) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: g })),
  };
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const everything: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const workloads: Omit<Rule, 'verbs'>[] = [
  {
    apiGroups: [''],
    resources: [
      'configmaps',
      'endpoints',
      'events',
      'persistentvolumeclaims',
      'pods',
      'pods/log',
      'pods/status',
      'services',
      'serviceaccounts',
    ],
  },
  {
    apiGroups: ['apps'],
    resources: [
      'controllerrevisions',
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'] },
];
const secrets = { apiGroups: [''], resources: ['secrets'] };

export const bootstrapRoles: readonly KubeObject[] = [
  clusterRole('cluster-admin', [everything, { nonResourceURLs: ['*'], verbs: ['*'] }]),
  clusterRole('admin', [], { aggregate: `${AGGREGATE}admin` }),
  clusterRole('edit', [], { aggregate: `${AGGREGATE}edit`, labels: { [`${AGGREGATE}admin`]: 'true' } }),
  clusterRole('view', [], { aggregate: `${AGGREGATE}view`, labels: { [`${AGGREGATE}edit`]: 'true' } }),
  clusterRole(
    'system:aggregate-to-admin',
    [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: [...READ, ...WRITE] },
      { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
    ],
    { labels: { [`${AGGREGATE}admin`]: 'true' } },
  ),
  clusterRole(
    'system:aggregate-to-edit',
    [...[...workloads, secrets].map((r) => ({ ...r, verbs: WRITE })), { ...secrets, verbs: READ }],
    { labels: { [`${AGGREGATE}edit`]: 'true', [`${AGGREGATE}admin`]: 'true' } },
  ),
  clusterRole(
    'system:aggregate-to-view',
    [...workloads.map((r) => ({ ...r, verbs: READ })), { apiGroups: [''], resources: ['namespaces'], verbs: READ }],
    { labels: { [`${AGGREGATE}view`]: 'true', [`${AGGREGATE}edit`]: 'true', [`${AGGREGATE}admin`]: 'true' } },
  ),
  clusterRole('system:discovery', [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ]),
  clusterRole('system:public-info-viewer', [
    { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
  ]),
  clusterRole('system:basic-user', [
    {
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  clusterRole('system:node', [
    {
      apiGroups: [''],
      resources: ['nodes', 'nodes/status', 'pods', 'pods/status', 'events'],
      verbs: [...READ, ...WRITE],
    },
    { apiGroups: [''], resources: ['configmaps', 'secrets', 'services', 'persistentvolumeclaims'], verbs: READ },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...READ, ...WRITE] },
  ]),
  binding('cluster-admin', 'cluster-admin', ['system:masters']),
  binding('system:discovery', 'system:discovery', ['system:authenticated']),
  binding('system:public-info-viewer', 'system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  binding('system:basic-user', 'system:basic-user', ['system:authenticated']),
  binding('system:node', 'system:node', ['system:nodes']),
];
