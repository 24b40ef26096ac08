import { expect } from 'vitest';
import { account, allow, granted, rbac } from '../accounts.ts';
import { expectFailure, listAt, textAt, type ContractCase } from '../contract-case.ts';

export const auth: readonly ContractCase[] = [
  {
    title: 'a token that nobody issued is Unauthorized',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps'), undefined, { as: { token: 'nobody' } }),
        401,
        'Unauthorized',
        { message: 'Unauthorized' },
      ),
  },
  {
    title: 'who sends no credentials is system:anonymous, and Forbidden',
    run: async (w) =>
      expectFailure(await w.api.call('GET', w.core('configmaps'), undefined, { as: 'anonymous' }), 403, 'Forbidden', {
        message: `configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "${w.namespace}"`,
        details: { kind: 'configmaps' },
      }),
  },
  {
    title: '/version and /healthz are open to everyone',
    run: async (w) => {
      for (const path of ['/version', '/healthz'])
        expect((await w.api.call('GET', path, undefined, { as: 'anonymous' })).code).toBe(200);
    },
  },
  {
    title: 'a TokenRequest answers a token with its expiry',
    run: async (w) => {
      const { name } = await account(w);
      const answer = await w.api.call('POST', w.core('serviceaccounts', name, 'token'), {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      });
      expect(answer).toMatchObject({ code: 201, body: { kind: 'TokenRequest' } });
      expect(textAt(answer.body, 'status', 'token').split('.')).toHaveLength(3);
      expect(Date.parse(textAt(answer.body, 'status', 'expirationTimestamp'))).toBeGreaterThan(Date.now() + 500_000);
    },
  },
  {
    title: 'a TokenRequest of less than ten minutes is Invalid',
    run: async (w) => {
      const { name } = await account(w);
      const answer = await w.api.call('POST', w.core('serviceaccounts', name, 'token'), {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 1 },
      });
      expectFailure(answer, 422, 'Invalid', { details: { causes: [{ field: 'spec.expirationSeconds' }] } });
    },
  },
  {
    title: 'a service account without roles is Forbidden by its full name',
    run: async (w) => {
      const { user, token } = await account(w);
      expectFailure(await w.api.call('GET', w.core('secrets', 'x'), undefined, { as: { token } }), 403, 'Forbidden', {
        message: `secrets "x" is forbidden: User "${user}" cannot get resource "secrets" in API group "" in the namespace "${w.namespace}"`,
        details: { name: 'x', kind: 'secrets' },
      });
    },
  },
  {
    title: 'a Role lets its verbs through and no others',
    run: async (w) => {
      const { name, token } = await account(w);
      await allow(w, name, [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]);
      expect(await granted(w, w.core('configmaps'), token)).toBe(200);
      const answer = await w.api.call('POST', w.core('configmaps'), w.configMap(w.name()), { as: { token } });
      expectFailure(answer, 403, 'Forbidden');
    },
  },
  {
    title: 'a Role by resourceNames lets one object through',
    run: async (w) => {
      const { name, token } = await account(w);
      const [open, shut] = [w.name(), w.name()];
      for (const n of [open, shut]) await w.given(w.core('configmaps'), w.configMap(n));
      await allow(w, name, [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [open], verbs: ['get'] }]);
      expect(await granted(w, w.core('configmaps', open), token)).toBe(200);
      expect((await w.api.call('GET', w.core('configmaps', shut), undefined, { as: { token } })).code).toBe(403);
    },
  },
  {
    title: 'a subresource needs a rule of its own',
    run: async (w) => {
      const { name, token } = await account(w);
      const widget = w.name();
      await w.given(w.widgets(), w.widget(widget));
      await allow(w, name, [{ apiGroups: [w.group], resources: ['widgets'], verbs: ['get', 'patch'] }]);
      expect(await granted(w, w.widgets(widget), token)).toBe(200);
      expectFailure(
        await w.merge(w.widgets(widget, 'status'), { status: { phase: 'x' } }, { as: { token } }),
        403,
        'Forbidden',
        {
          message: expect.stringContaining('cannot patch resource "widgets/status" in API group') as string,
        },
      );
    },
  },
  {
    title: 'nobody grants by a Role what he does not hold',
    run: async (w) => {
      const { name, token } = await account(w);
      await allow(w, name, [
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create', 'list'] },
      ]);
      expect(await granted(w, rbac(w, 'roles'), token)).toBe(200);
      const answer = await w.api.call(
        'POST',
        rbac(w, 'roles'),
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: w.name() },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        },
        { as: { token } },
      );
      expectFailure(answer, 403, 'Forbidden');
      expect(textAt(answer.body, 'message')).toContain('is attempting to grant RBAC permissions not currently held');
    },
  },
  {
    title: 'the roleRef of a binding cannot change',
    run: async (w) => {
      const { name } = await account(w);
      await allow(w, name, []);
      const answer = await w.merge(`${rbac(w, 'rolebindings')}/${name}`, { roleRef: { name: 'other' } });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('cannot change roleRef');
    },
  },
  {
    title: 'a SelfSubjectAccessReview says that an administrator may do everything',
    run: async (w) => {
      const answer = await w.api.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: '*', resource: '*', group: '*' } },
      });
      expect(answer).toMatchObject({ code: 201, body: { status: { allowed: true } } });
    },
  },
  {
    title: 'a SelfSubjectAccessReview says no to who may not',
    run: async (w) => {
      const { token } = await account(w);
      const answer = await w.api.call(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'get', resource: 'secrets', namespace: w.namespace } },
        },
        { as: { token } },
      );
      expect(answer).toMatchObject({ code: 201, body: { status: { allowed: false } } });
    },
  },
  {
    title: 'a SelfSubjectReview says who one is',
    run: async (w) => {
      const { user, token } = await account(w);
      const answer = await w.api.call(
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        { as: { token } },
      );
      expect(answer).toMatchObject({ code: 201, body: { status: { userInfo: { username: user } } } });
      expect(
        listAt({ groups: (answer.body['status'] as { userInfo: { groups: string[] } }).userInfo.groups }, 'groups'),
      ).toEqual(
        expect.arrayContaining([
          'system:serviceaccounts',
          `system:serviceaccounts:${w.namespace}`,
          'system:authenticated',
        ]),
      );
    },
  },
  {
    title: 'a SelfSubjectRulesReview lists the rules of a namespace',
    run: async (w) => {
      const { name, token } = await account(w);
      await allow(w, name, [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]);
      expect(await granted(w, w.core('configmaps'), token)).toBe(200);
      const answer = await w.api.call(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: w.namespace } },
        { as: { token } },
      );
      expect(listAt(answer.body, 'status', 'resourceRules')).toContainEqual({
        verbs: ['list'],
        apiGroups: [''],
        resources: ['configmaps'],
      });
    },
  },
  {
    title: 'a TokenReview tells whose a token is',
    run: async (w) => {
      const { user, token } = await account(w);
      const answer = await w.api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token },
      });
      expect(answer.body).toMatchObject({ status: { authenticated: true, user: { username: user } } });
    },
  },
  {
    title: 'a token ends with its service account',
    run: async (w) => {
      const { name, token } = await account(w);
      expect((await w.api.call('GET', '/api', undefined, { as: { token } })).code).toBe(200);
      await w.api.call('DELETE', w.core('serviceaccounts', name));
      // The real server remembers a token's user for some seconds.
      const deadline = Date.now() + 20_000;
      for (;;) {
        const { code } = await w.api.call('GET', '/api', undefined, { as: { token } });
        if (code === 401) return;
        if (Date.now() > deadline) throw new Error(`the token still gets ${String(code)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  },
];
