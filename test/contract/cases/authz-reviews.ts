import { expect } from 'vitest';
import { expectFailure, type ContractCase, type World } from '../contract-case.ts';
import type { Answer, Json } from '../api-connection.ts';

const GROUP = 'authorization.k8s.io';

function ask(w: World, kind: string, spec: Json): Promise<Answer> {
  const place = kind === 'LocalSubjectAccessReview' ? `namespaces/${w.namespace}/` : '';
  return w.api.call('POST', `/apis/${GROUP}/v1/${place}${kind.toLowerCase()}s`, {
    apiVersion: `${GROUP}/v1`,
    kind,
    spec,
  });
}

const NEITHER =
  'spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified';
const NOBODY = 'spec.user: Invalid value: "": at least one of user or group must be specified';
const pods = { verb: 'get', resource: 'pods' };

/** Questions that a server refuses, and the text after `.authorization.k8s.io "" is invalid: `. */
const refused: readonly {
  readonly title: string;
  readonly kind: string;
  readonly spec: Json;
  readonly text: string;
}[] = [
  {
    title: 'a SubjectAccessReview about nothing and nobody',
    kind: 'SubjectAccessReview',
    spec: {},
    text: `[${NEITHER}, ${NOBODY}]`,
  },
  {
    title: 'a SubjectAccessReview about nobody',
    kind: 'SubjectAccessReview',
    spec: { resourceAttributes: pods },
    text: NOBODY,
  },
  {
    title: 'a SubjectAccessReview about a resource and an address',
    kind: 'SubjectAccessReview',
    spec: { user: 'x', resourceAttributes: pods, nonResourceAttributes: { path: '/x', verb: 'get' } },
    text: 'spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"/x", Verb:"get"}: cannot be specified in combination with resourceAttributes',
  },
  { title: 'a SelfSubjectAccessReview about nothing', kind: 'SelfSubjectAccessReview', spec: {}, text: NEITHER },
  {
    title: 'a LocalSubjectAccessReview about another namespace',
    kind: 'LocalSubjectAccessReview',
    spec: { user: 'x', resourceAttributes: { ...pods, namespace: 'other' } },
    text: 'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
  },
  {
    title: 'a LocalSubjectAccessReview about an address',
    kind: 'LocalSubjectAccessReview',
    spec: { user: 'x', nonResourceAttributes: { path: '/x', verb: 'get' } },
    text: 'spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"/x", Verb:"get"}: disallowed on this kind of request',
  },
];

export const accessReviews: readonly ContractCase[] = [
  ...refused.map(({ title, kind, spec, text }): ContractCase => ({
    title: `${title} is Invalid`,
    run: async (w) =>
      expectFailure(await ask(w, kind, spec), 422, 'Invalid', {
        message: `.${GROUP} "" is invalid: ${text}`,
      }),
  })),
  {
    title: 'a SubjectAccessReview says no without a reason, and nothing of its metadata comes back',
    run: async (w) => {
      const answer = await ask(w, 'SubjectAccessReview', { user: 'x', resourceAttributes: pods });
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({
        metadata: { creationTimestamp: null },
        spec: { user: 'x', resourceAttributes: pods },
      });
      expect(answer.body['status']).toEqual({ allowed: false });
    },
  },
  {
    title: 'a SubjectAccessReview names the binding, the role and the subject that allow it',
    run: async (w) => {
      const answer = await ask(w, 'SubjectAccessReview', {
        user: 'x',
        groups: ['system:authenticated'],
        resourceAttributes: { verb: 'create', group: GROUP, resource: 'selfsubjectaccessreviews' },
      });
      expect(answer.body['status']).toEqual({
        allowed: true,
        reason:
          'RBAC: allowed by ClusterRoleBinding "system:basic-user" of ClusterRole "system:basic-user" to Group "system:authenticated"',
      });
    },
  },
  {
    title: 'a SubjectAccessReview of system:masters needs no rule',
    run: async (w) => {
      const answer = await ask(w, 'SubjectAccessReview', { groups: ['system:masters'], resourceAttributes: pods });
      expect(answer.body['status']).toEqual({ allowed: true });
    },
  },
  {
    title: 'a LocalSubjectAccessReview answers for its namespace',
    run: async (w) => {
      const spec = { user: 'x', resourceAttributes: { ...pods, namespace: w.namespace } };
      const answer = await ask(w, 'LocalSubjectAccessReview', spec);
      expect(answer).toMatchObject({
        code: 201,
        body: { metadata: { namespace: w.namespace }, status: { allowed: false } },
      });
    },
  },
  {
    title: 'a SelfSubjectRulesReview needs a namespace',
    run: async (w) =>
      expectFailure(await ask(w, 'SelfSubjectRulesReview', {}), 400, 'BadRequest', {
        message: 'no namespace on request',
      }),
  },
  {
    title: 'questions about access cannot be listed',
    run: async (w) =>
      expectFailure(await w.api.call('GET', `/apis/${GROUP}/v1/subjectaccessreviews`), 405, 'MethodNotAllowed', {
        message: 'the server does not allow this method on the requested resource',
      }),
  },
];
