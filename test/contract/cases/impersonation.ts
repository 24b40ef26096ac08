import { expect } from 'vitest';
import { account, allow, granted, rbac } from '../accounts.ts';
import { expectFailure, type ContractCase, type World } from '../contract-case.ts';
import type { Answer, CallOptions } from '../api-connection.ts';

/** Asks who one is. */
function whoAmI(w: World, headers: Record<string, string>, as?: CallOptions['as']): Promise<Answer> {
  return w.api.call(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    { headers, ...(as && { as }) },
  );
}

/** Headers, and the user that they make of an administrator. */
const users: readonly {
  readonly title: string;
  readonly headers: (w: World) => Record<string, string>;
  readonly user: (w: World) => Record<string, unknown>;
}[] = [
  {
    title: 'a user is also authenticated',
    headers: () => ({ 'Impersonate-User': 'jane' }),
    user: () => ({ username: 'jane', groups: ['system:authenticated'] }),
  },
  {
    title: 'groups, uid and extra information are taken over, with keys unescaped',
    headers: () => ({
      'Impersonate-User': 'jane',
      'Impersonate-Group': 'dev',
      'Impersonate-Uid': 'u-1',
      'Impersonate-Extra-Scopes': 'view',
      'Impersonate-Extra-acme.com%2fproject': 'p',
    }),
    user: () => ({
      username: 'jane',
      uid: 'u-1',
      groups: ['dev', 'system:authenticated'],
      extra: { scopes: ['view'], 'acme.com/project': ['p'] },
    }),
  },
  {
    title: 'a service account has its groups',
    headers: (w) => ({ 'Impersonate-User': `system:serviceaccount:${w.namespace}:any` }),
    user: (w) => ({
      username: `system:serviceaccount:${w.namespace}:any`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${w.namespace}`, 'system:authenticated'],
    }),
  },
  {
    title: 'groups that are named take the place of those of a service account',
    headers: (w) => ({
      'Impersonate-User': `system:serviceaccount:${w.namespace}:any`,
      'Impersonate-Group': 'other',
    }),
    user: (w) => ({
      username: `system:serviceaccount:${w.namespace}:any`,
      groups: ['other', 'system:authenticated'],
    }),
  },
];

export const impersonation: readonly ContractCase[] = [
  ...users.map(({ title, headers, user }): ContractCase => ({
    title: `impersonated: ${title}`,
    run: async (w) => {
      const answer = await whoAmI(w, headers(w));
      expect(answer.code).toBe(201);
      expect((answer.body['status'] as { userInfo: unknown }).userInfo).toEqual(user(w));
    },
  })),
  {
    title: 'what an impersonated user may not do is Forbidden by his name',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('secrets'), undefined, { headers: { 'Impersonate-User': 'jane' } }),
        403,
        'Forbidden',
        {
          message: `secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "${w.namespace}"`,
        },
      ),
  },
  {
    title: 'a path that an impersonated user may not ask for is Forbidden',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', '/metrics', undefined, { headers: { 'Impersonate-User': 'jane' } }),
        403,
        'Forbidden',
        { message: 'forbidden: User "jane" cannot get path "/metrics"', details: {} },
      ),
  },
  {
    title: 'who impersonates nobody in particular is said to be anonymous only when he says so',
    run: async (w) => {
      const answer = await whoAmI(w, { 'Impersonate-User': 'system:anonymous' });
      expectFailure(answer, 403, 'Forbidden', {
        message:
          'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
      });
    },
  },
  {
    title: 'a group without a user cannot be impersonated',
    run: async (w) => expect((await whoAmI(w, { 'Impersonate-Group': 'dev' })).code).toBe(500),
  },
  {
    title: 'a user needs the verb impersonate on users',
    run: async (w) => {
      const { user, token } = await account(w);
      expectFailure(await whoAmI(w, { 'Impersonate-User': 'jane' }, { token }), 403, 'Forbidden', {
        message: `users "jane" is forbidden: User "${user}" cannot impersonate resource "users" in API group "" at the cluster scope`,
      });
    },
  },
  {
    title: 'a service account may be impersonated by who has the verb on it in its namespace',
    run: async (w) => {
      const { name, token } = await account(w);
      const other = await account(w);
      await allow(w, name, [
        { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: [other.name], verbs: ['impersonate'] },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['list'] },
      ]);
      expect(await granted(w, rbac(w, 'roles'), token)).toBe(200);
      const answer = await whoAmI(w, { 'Impersonate-User': other.user }, { token });
      expect(answer).toMatchObject({ code: 201, body: { status: { userInfo: { username: other.user } } } });
    },
  },
];
