import { expect } from 'vitest';
import { at, listAt, names, textAt, type ContractCase, type World } from '../contract-case.ts';
import type { Json } from '../api-connection.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** Roles that every version from 1.27 on has; later versions add some. */
const CLUSTER_ROLES = [
  ...['admin', 'cluster-admin', 'edit', 'view'],
  ...['aggregate-to-admin', 'aggregate-to-edit', 'aggregate-to-view', 'auth-delegator', 'basic-user', 'discovery']
    .concat(['kube-aggregator', 'kube-controller-manager', 'kube-dns', 'kube-scheduler', 'kubelet-api-admin'])
    .concat(['monitoring', 'node', 'node-bootstrapper', 'node-problem-detector', 'node-proxier', 'volume-scheduler'])
    .concat(['persistent-volume-provisioner', 'public-info-viewer', 'service-account-issuer-discovery'])
    .map((name) => `system:${name}`),
  ...['attachdetach-controller', 'clusterrole-aggregation-controller', 'cronjob-controller', 'daemon-set-controller']
    .concat(['deployment-controller', 'disruption-controller', 'endpoint-controller', 'endpointslice-controller'])
    .concat(['generic-garbage-collector', 'job-controller', 'namespace-controller', 'node-controller'])
    .concat(['persistent-volume-binder', 'pod-garbage-collector', 'replicaset-controller', 'statefulset-controller'])
    .concat(['resourcequota-controller', 'root-ca-cert-publisher', 'service-account-controller', 'ttl-controller'])
    .map((name) => `system:controller:${name}`),
];

const NAMESPACED_ROLES = [
  'kube-public/system:controller:bootstrap-signer',
  'kube-system/extension-apiserver-authentication-reader',
  'kube-system/system::leader-locking-kube-controller-manager',
  'kube-system/system::leader-locking-kube-scheduler',
  'kube-system/system:controller:bootstrap-signer',
  'kube-system/system:controller:token-cleaner',
];

async function allowed(w: World, subject: Json, attributes: Json): Promise<unknown> {
  const { body } = await w.api.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...subject, ...attributes },
  });
  return at(body, 'status', 'allowed');
}

const resource = (verb: string, group: string, name: string, extra: Json = {}): Json => {
  const [resource, subresource] = name.split('/');
  return { resourceAttributes: { verb, group, resource, ...(subresource && { subresource }), ...extra } };
};
const account = (name: string): Json => ({ user: `system:serviceaccount:kube-system:${name}` });

const permissions: readonly (readonly [title: string, subject: Json, attributes: Json, allowed: boolean])[] = [
  ['the scheduler may bind Pods', { user: 'system:kube-scheduler' }, resource('create', '', 'pods/binding'), true],
  ['the scheduler may not read Secrets', { user: 'system:kube-scheduler' }, resource('get', '', 'secrets'), false],
  [
    'the scheduler may keep its own Lease',
    { user: 'system:kube-scheduler' },
    resource('update', 'coordination.k8s.io', 'leases', { name: 'kube-scheduler', namespace: 'kube-system' }),
    true,
  ],
  [
    'the scheduler may not keep the Lease of another',
    { user: 'system:kube-scheduler' },
    resource('update', 'coordination.k8s.io', 'leases', { name: 'other', namespace: 'default' }),
    false,
  ],
  [
    'the controller manager may list everything',
    { user: 'system:kube-controller-manager' },
    resource('list', 'example.com', 'widgets'),
    true,
  ],
  [
    'kube-proxy may watch EndpointSlices',
    { user: 'system:kube-proxy' },
    resource('watch', 'discovery.k8s.io', 'endpointslices'),
    true,
  ],
  [
    'the account of the Deployment controller may make ReplicaSets',
    account('deployment-controller'),
    resource('create', 'apps', 'replicasets'),
    true,
  ],
  [
    'the account of the Deployment controller may not make Pods',
    account('deployment-controller'),
    resource('create', '', 'pods'),
    false,
  ],
  [
    'the account of the garbage collector may delete what it does not know',
    account('generic-garbage-collector'),
    resource('delete', 'example.com', 'widgets'),
    true,
  ],
  [
    'every account may read where tokens are published',
    { user: 'someone', groups: ['system:serviceaccounts'] },
    { nonResourceAttributes: { verb: 'get', path: '/openid/v1/jwks' } },
    true,
  ],
  [
    'monitoring may read metrics',
    { user: 'someone', groups: ['system:monitoring'] },
    { nonResourceAttributes: { verb: 'get', path: '/metrics' } },
    true,
  ],
  [
    'who shows no credentials may ask for the version',
    { user: 'system:anonymous', groups: ['system:unauthenticated'] },
    { nonResourceAttributes: { verb: 'get', path: '/version' } },
    true,
  ],
  [
    'who shows no credentials may not discover',
    { user: 'system:anonymous', groups: ['system:unauthenticated'] },
    { nonResourceAttributes: { verb: 'get', path: '/apis' } },
    false,
  ],
];

/** What a server has made by itself before anybody wrote to it. */
export const bootstrapObjects: readonly ContractCase[] = [
  {
    title: 'the default ClusterRoles are there',
    run: async (w) => {
      expect(names(await w.get(`${RBAC}/clusterroles`))).toEqual(expect.arrayContaining(CLUSTER_ROLES));
    },
  },
  {
    title: 'the default Roles of kube-system and kube-public are there, and bindings for them',
    run: async (w) => {
      const places = async (plural: string): Promise<string[]> =>
        listAt(await w.get(`${RBAC}/${plural}`), 'items').map(
          (item) => `${textAt(item, 'metadata', 'namespace')}/${textAt(item, 'metadata', 'name')}`,
        );
      expect(await places('roles')).toEqual(expect.arrayContaining(NAMESPACED_ROLES));
      const bound = NAMESPACED_ROLES.map((place) => place.replace('/extension-', '/system::extension-'));
      expect(await places('rolebindings')).toEqual(expect.arrayContaining(bound));
    },
  },
  {
    title: 'a default role says that the server keeps it up to date',
    run: async (w) => {
      expect(await w.get(`${RBAC}/clusterroles/system:auth-delegator`)).toMatchObject({
        metadata: {
          labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
          annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
        },
        rules: [
          { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
          { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
        ],
      });
    },
  },
  ...(
    [
      ['view', 'edit'],
      ['edit', 'admin'],
    ] as const
  ).map(([name, gatherer]) => ({
    title: `the role ${name} gathers what is labelled for it, and is itself gathered by ${gatherer}`,
    run: async (w: World) => {
      const prefix = 'rbac.authorization.k8s.io/aggregate-to-';
      expect(await w.get(`${RBAC}/clusterroles/${name}`)).toMatchObject({
        metadata: { labels: { [`${prefix}${gatherer}`]: 'true' } },
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${prefix}${name}`]: 'true' } }] },
      });
      expect(at(await w.get(`${RBAC}/clusterroles/system:aggregate-to-${name}`), 'metadata', 'labels')).toMatchObject({
        [`${prefix}${name}`]: 'true',
      });
    },
  })),
  ...permissions.map(([title, subject, attributes, expected]) => ({
    title,
    run: async (w: World) => {
      expect((await allowed(w, subject, attributes)) === true).toBe(expected);
    },
  })),
  {
    title: 'kube-system says which authority signs the certificates of clients',
    run: async (w) => {
      const published = await w.get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
      expect(textAt(published, 'data', 'client-ca-file')).toContain('BEGIN CERTIFICATE');
    },
  },
];
