import type { KubeObject } from '../../../kube/index.ts';
import { BOOTSTRAP_ROLES } from './bootstrap-role-table.ts';

/** The roles and bindings that every cluster starts with, as kube-apiserver makes them. */

const GROUP = 'rbac.authorization.k8s.io';
const API = `${GROUP}/v1`;
const AGGREGATE = `${GROUP}/aggregate-to-`;

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const VERBS: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'delete', 'deletecollection', 'patch', 'update'],
};
const EVENTS = 'create,patch,update core,events.k8s.io events';

/** A rule in the notation of the table. */
function parseRule(line: string): Rule {
  const [verbList = '', groups = '', resources, names] = (line === 'events' ? EVENTS : line).split(' ');
  const verbs = verbList.split(',').flatMap((verb) => VERBS[verb] ?? [verb]);
  if (resources === undefined) return { verbs, nonResourceURLs: groups.split(',') };
  return {
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names !== undefined && { resourceNames: names.split(',') }),
    verbs: verbs.sort(),
  };
}

function metadata(place: string, labels: Readonly<Record<string, string>> = {}): KubeObject['metadata'] {
  const [namespace, name = ''] = place.includes('/') ? place.split('/') : [undefined, place];
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function gatheredBy(role: string | undefined): Record<string, string> {
  return role === undefined ? {} : { [`${AGGREGATE}${role}`]: 'true' };
}

function rolesOfTable(): KubeObject[] {
  const roles: (KubeObject & { rules: Rule[] })[] = [];
  for (const line of BOOTSTRAP_ROLES.trim().split('\n')) {
    if (line.startsWith('  ')) {
      roles.at(-1)?.rules.push(parseRule(line.trim()));
      continue;
    }
    const [place = '', gatherer] = line.split(' >');
    const kind = place.includes('/') ? 'Role' : 'ClusterRole';
    roles.push({ apiVersion: API, kind, metadata: metadata(place, gatheredBy(gatherer)), rules: [] });
  }
  return roles;
}

/** A role whose rules are those of others; the controller of aggregation writes them into it. */
function gatheringRole(name: string, gatherer?: string): KubeObject {
  return {
    apiVersion: API,
    kind: 'ClusterRole',
    metadata: metadata(name, gatheredBy(gatherer)),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${name}`]: 'true' } }] },
    rules: [],
  };
}

/** `Group:NAME`, `User:NAME` or `ServiceAccount:NAMESPACE/NAME`. */
function parseSubject(text: string): Record<string, string> {
  const at = text.indexOf(':');
  const kind = text.slice(0, at);
  const name = text.slice(at + 1);
  if (kind !== 'ServiceAccount') return { apiGroup: GROUP, kind, name };
  const [namespace = '', account = ''] = name.split('/');
  return { kind, name: account, namespace };
}

/** The binding of a role, by default one of the same name. */
function binding(role: string, subjects: readonly string[], place = role): KubeObject {
  const namespaced = place.includes('/');
  return {
    apiVersion: API,
    kind: namespaced ? 'RoleBinding' : 'ClusterRoleBinding',
    metadata: metadata(place),
    roleRef: { apiGroup: GROUP, kind: namespaced ? 'Role' : 'ClusterRole', name: role.slice(role.indexOf('/') + 1) },
    subjects: subjects.map(parseSubject),
  };
}

const CONTROLLER = 'system:controller:';

/** Each controller runs with an account of its name in kube-system. */
function bindingsOfControllers(roles: readonly KubeObject[]): KubeObject[] {
  return roles.flatMap(({ metadata: { name = '', namespace } }) =>
    name.startsWith(CONTROLLER)
      ? [
          binding(namespace === undefined ? name : `${namespace}/${name}`, [
            `ServiceAccount:kube-system/${name.slice(CONTROLLER.length)}`,
          ]),
        ]
      : [],
  );
}

const fixedBindings: readonly KubeObject[] = [
  binding('cluster-admin', ['Group:system:masters']),
  binding('system:basic-user', ['Group:system:authenticated']),
  binding('system:discovery', ['Group:system:authenticated']),
  binding('system:public-info-viewer', ['Group:system:authenticated', 'Group:system:unauthenticated']),
  binding('system:service-account-issuer-discovery', ['Group:system:serviceaccounts']),
  binding('system:monitoring', ['Group:system:monitoring']),
  binding('system:kube-controller-manager', ['User:system:kube-controller-manager']),
  binding('system:kube-scheduler', ['User:system:kube-scheduler']),
  binding('system:volume-scheduler', ['User:system:kube-scheduler']),
  binding('system:node-proxier', ['User:system:kube-proxy']),
  binding('system:kube-dns', ['ServiceAccount:kube-system/kube-dns']),
  // A real server has this binding without subjects: there the Node authorizer lets kubelets in, each to what concerns it.
  binding('system:node', ['Group:system:nodes']),
  binding(
    'kube-system/extension-apiserver-authentication-reader',
    ['User:system:kube-controller-manager', 'User:system:kube-scheduler'],
    'kube-system/system::extension-apiserver-authentication-reader',
  ),
  binding('kube-system/system::leader-locking-kube-controller-manager', [
    'User:system:kube-controller-manager',
    'ServiceAccount:kube-system/kube-controller-manager',
    'ServiceAccount:kube-system/leader-election-controller',
  ]),
  binding('kube-system/system::leader-locking-kube-scheduler', [
    'User:system:kube-scheduler',
    'ServiceAccount:kube-system/kube-scheduler',
  ]),
];

/** All of them, in the order in which they are made. */
export function bootstrapRoles(): KubeObject[] {
  const roles = rolesOfTable();
  return [
    gatheringRole('admin'),
    gatheringRole('edit', 'admin'),
    gatheringRole('view', 'edit'),
    ...roles,
    ...fixedBindings,
    ...bindingsOfControllers(roles),
  ];
}
