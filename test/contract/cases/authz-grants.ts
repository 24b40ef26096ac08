import { expect } from 'vitest';
import { account, allow, granted, rbac } from '../accounts.ts';
import { expectFailure, type ContractCase, type World } from '../contract-case.ts';
import type { Json } from '../api-connection.ts';

const GROUP = 'rbac.authorization.k8s.io';
const writer = { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: ['*'] };
const reader = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] };

/** An account that may write roles and bindings, read ConfigMaps, and do what `more` says. */
async function granter(w: World, more: Json[] = []): Promise<{ user: string; token: string }> {
  const { name, user, token } = await account(w);
  await allow(w, name, [{ ...writer, verbs: ['create', 'update', 'patch', 'get', 'list'] }, reader, ...more]);
  expect(await granted(w, rbac(w, 'roles'), token)).toBe(200);
  return { user, token };
}

const role = (name: string, rules: Json[]): Json => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Role',
  metadata: { name },
  rules,
});

const binding = (name: string, kind: string, of: string): Json => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: GROUP, kind, name: of },
  subjects: [{ kind: 'User', apiGroup: GROUP, name: 'jane' }],
});

function refusal(w: World, user: string, plural: string, name: string, missing: string): Json {
  const groups = `"system:serviceaccounts" "system:serviceaccounts:${w.namespace}" "system:authenticated"`;
  return {
    message: `${plural}.${GROUP} "${name}" is forbidden: user "${user}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing}`,
    details: { name, group: GROUP, kind: plural },
  };
}

export const grants: readonly ContractCase[] = [
  {
    title: 'the refusal of a Role names what is missing, together by resource',
    run: async (w) => {
      const { user, token } = await granter(w);
      const name = w.name();
      const rules = [
        { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['x'], verbs: ['*'] },
      ];
      const missing = `{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}\n{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["x"], Verbs:["*"]}`;
      expectFailure(
        await w.api.call('POST', rbac(w, 'roles'), role(name, rules), { as: { token } }),
        403,
        'Forbidden',
        refusal(w, user, 'roles', name, missing),
      );
    },
  },
  {
    title: 'a Role of what one holds is created, and cannot grow beyond that',
    run: async (w) => {
      const { user, token } = await granter(w);
      const name = w.name();
      const as = { as: { token } };
      expect((await w.api.call('POST', rbac(w, 'roles'), role(name, [reader]), as)).code).toBe(201);
      const more = { rules: [{ ...reader, verbs: ['delete'] }] };
      expectFailure(
        await w.merge(`${rbac(w, 'roles')}/${name}`, more, as),
        403,
        'Forbidden',
        refusal(w, user, 'roles', name, '{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}'),
      );
    },
  },
  {
    title: 'of a Role whose rules one does not hold, only finalizers and owners may be changed',
    run: async (w) => {
      const { token } = await granter(w);
      const name = w.name();
      await w.given(rbac(w, 'roles'), role(name, [{ ...reader, resources: ['secrets'] }]));
      const change = async (metadata: Json): Promise<number> =>
        (await w.merge(`${rbac(w, 'roles')}/${name}`, { metadata }, { as: { token } })).code;
      expect(await change({ labels: { a: 'b' } })).toBe(403);
      expect(await change({ finalizers: ['example.com/hold'] })).toBe(200);
      expect(await change({ finalizers: null })).toBe(200);
    },
  },
  {
    title: 'the verb escalate lets one write any Role',
    run: async (w) => {
      const { token } = await granter(w, [{ ...writer, resources: ['roles'], verbs: ['escalate'] }]);
      const rules = [{ ...reader, resources: ['secrets'] }];
      const answer = await w.api.call('POST', rbac(w, 'roles'), role(w.name(), rules), { as: { token } });
      expect(answer.code).toBe(201);
    },
  },
  {
    title: 'nobody binds a Role whose rules he does not hold',
    run: async (w) => {
      const { user, token } = await granter(w);
      const [of, name] = [w.name(), w.name()];
      await w.given(rbac(w, 'roles'), role(of, [{ ...reader, resources: ['secrets'] }]));
      expectFailure(
        await w.api.call('POST', rbac(w, 'rolebindings'), binding(name, 'Role', of), { as: { token } }),
        403,
        'Forbidden',
        refusal(w, user, 'rolebindings', name, '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'),
      );
    },
  },
  {
    title: 'nobody binds cluster-admin without being it',
    run: async (w) => {
      const { user, token } = await granter(w);
      const name = w.name();
      const missing = `{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}`;
      expectFailure(
        await w.api.call('POST', rbac(w, 'rolebindings'), binding(name, 'ClusterRole', 'cluster-admin'), {
          as: { token },
        }),
        403,
        'Forbidden',
        refusal(w, user, 'rolebindings', name, missing),
      );
    },
  },
  {
    title: 'the verb bind lets one bind the Role that it names',
    run: async (w) => {
      const [of, other] = [w.name(), w.name()];
      for (const name of [of, other])
        await w.given(rbac(w, 'roles'), role(name, [{ ...reader, resources: ['secrets'] }]));
      const { token } = await granter(w, [{ ...writer, resources: ['roles'], resourceNames: [of], verbs: ['bind'] }]);
      const bind = async (name: string): Promise<number> => {
        const object = binding(w.name(), 'Role', name);
        return (await w.api.call('POST', rbac(w, 'rolebindings'), object, { as: { token } })).code;
      };
      expect(await bind(of)).toBe(201);
      expect(await bind(other)).toBe(403);
    },
  },
  {
    title: 'a Role that does not exist cannot be bound by who would have to hold its rules',
    run: async (w) => {
      const { token } = await granter(w);
      expectFailure(
        await w.api.call('POST', rbac(w, 'rolebindings'), binding(w.name(), 'Role', 'absent'), { as: { token } }),
        404,
        'NotFound',
      );
    },
  },
];
