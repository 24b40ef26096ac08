import { expect } from 'vitest';
import { account } from '../accounts.ts';
import { at, expectFailure, textAt, type ContractCase, type World } from '../contract-case.ts';
import type { Answer, Json } from '../api-connection.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

const request = (w: World, name: string, spec: Json): Promise<Answer> =>
  w.api.call('POST', w.core('serviceaccounts', name, 'token'), {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec,
  });

const review = (w: World, spec: Json): Promise<Answer> =>
  w.api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec,
  });

async function podOf(w: World, serviceAccountName: string): Promise<Json> {
  const name = w.name('pod');
  return await w.given(w.core('pods'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { serviceAccountName, containers: [{ name: 'main', image: 'example/main:1' }] },
  });
}

const reference = (object: Json): Json => ({
  kind: 'Pod',
  apiVersion: 'v1',
  name: textAt(object, 'metadata', 'name'),
});

export const tokens: readonly ContractCase[] = [
  {
    title: 'a token that asks for no audience is for the server, and lasts an hour',
    run: async (w) => {
      const { name } = await account(w);
      const answer = await request(w, name, {});
      expect(answer).toMatchObject({
        code: 201,
        body: { metadata: { name, namespace: w.namespace }, spec: { audiences: [ISSUER], expirationSeconds: 3600 } },
      });
      expect(at(answer.body, 'spec', 'boundObjectRef')).toBeNull();
    },
  },
  {
    title: 'a token for another audience is Unauthorized at the server',
    run: async (w) => {
      const { name } = await account(w);
      const token = textAt((await request(w, name, { audiences: ['vault'] })).body, 'status', 'token');
      expectFailure(await w.api.call('GET', '/api', undefined, { as: { token } }), 401, 'Unauthorized');
    },
  },
  {
    title: 'a token of more than 2^32 seconds is Invalid',
    run: async (w) => {
      const { name } = await account(w);
      expectFailure(await request(w, name, { expirationSeconds: 2 ** 32 + 1 }), 422, 'Invalid', {
        message:
          'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
      });
    },
  },
  {
    title: 'a token of an account that does not exist is NotFound',
    run: async (w) =>
      expectFailure(await request(w, 'absent', {}), 404, 'NotFound', {
        message: 'serviceaccounts "absent" not found',
      }),
  },
  {
    title: 'a token cannot be bound to a Pod that does not exist',
    run: async (w) => {
      const { name } = await account(w);
      const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'absent' };
      expectFailure(await request(w, name, { boundObjectRef }), 404, 'NotFound', {
        message: 'pods "absent" not found',
      });
    },
  },
  {
    title: 'a token cannot be bound to a Pod of another account',
    run: async (w) => {
      const [one, other] = [await account(w), await account(w)];
      const boundObjectRef = reference(await podOf(w, other.name));
      expectFailure(await request(w, one.name, { boundObjectRef }), 400, 'BadRequest', {
        message: `cannot bind token for serviceaccount "${one.name}" to pod running with different serviceaccount name.`,
      });
    },
  },
  {
    title: 'a token cannot be bound to any other kind',
    run: async (w) => {
      const { name } = await account(w);
      const boundObjectRef = { kind: 'ConfigMap', apiVersion: 'v1', name: 'x' };
      expectFailure(await request(w, name, { boundObjectRef }), 400, 'BadRequest', {
        message: 'cannot bind token to object of type /v1, Kind=ConfigMap',
      });
    },
  },
  {
    title: 'a token cannot be bound to an object by a uid that it does not have',
    run: async (w) => {
      const { name } = await account(w);
      const boundObjectRef = { ...reference(await podOf(w, name)), uid: 'other' };
      expectFailure(await request(w, name, { boundObjectRef }), 409, 'Conflict');
    },
  },
  {
    title: 'a token bound to a Pod tells which',
    run: async (w) => {
      const { name } = await account(w);
      const pod = await podOf(w, name);
      const answer = await request(w, name, { boundObjectRef: reference(pod) });
      const verdict = await review(w, { token: textAt(answer.body, 'status', 'token') });
      expect(at(verdict.body, 'status', 'user', 'extra')).toMatchObject({
        'authentication.kubernetes.io/pod-name': [textAt(pod, 'metadata', 'name')],
        'authentication.kubernetes.io/pod-uid': [textAt(pod, 'metadata', 'uid')],
      });
    },
  },
  {
    title: 'a TokenReview names the audiences that count',
    run: async (w) => {
      const { token } = await account(w);
      expect((await review(w, { token })).body).toMatchObject({ status: { audiences: [ISSUER] } });
      const some = await review(w, { token, audiences: ['other', ISSUER] });
      expect(some.body).toMatchObject({ status: { authenticated: true, audiences: [ISSUER] } });
    },
  },
  {
    title: 'a TokenReview for audiences that a token is not for says so',
    run: async (w) => {
      const { token } = await account(w);
      expect((await review(w, { token, audiences: ['vault'] })).body['status']).toEqual({
        user: {},
        error: `[invalid bearer token, token audiences ["${ISSUER}"] is invalid for the target audiences ["vault"]]`,
      });
    },
  },
  {
    title: 'a TokenReview of a token that nobody issued says no',
    run: async (w) =>
      expect((await review(w, { token: 'nobody' })).body['status']).toEqual({
        user: {},
        error: 'invalid bearer token',
      }),
  },
  {
    title: 'a TokenReview without a token is BadRequest',
    run: async (w) =>
      expectFailure(await review(w, {}), 400, 'BadRequest', {
        message: 'token is required for TokenReview in authentication',
      }),
  },
  {
    title: 'credentials other than certificates and bearer tokens count as none',
    run: async (w) => {
      const answer = await w.api.call('GET', '/api', undefined, {
        as: 'anonymous',
        headers: { authorization: 'Basic eDp5' },
      });
      expectFailure(answer, 403, 'Forbidden', {
        message: 'forbidden: User "system:anonymous" cannot get path "/api"',
      });
    },
  },
];
