import { expect } from 'vitest';
import type { Json } from '../api-connection.ts';
import { at, expectFailure, listAt, type ContractCase, type World } from '../contract-case.ts';
import { version } from '../definition-refusals.ts';
import { establish } from '../widget-definition.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A definition in a group of its own, so that names of other cases do not meet its own. */
function definition(group: string, plural: string, names: Json, metadata: Json = {}): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...metadata },
    spec: { group, scope: 'Cluster', names: { plural, ...names }, versions: [version()] },
  };
}

/** Reads the definition until a condition says what is expected; its last state if that does not happen. */
async function withCondition(w: World, name: string, type: string, expected: Json): Promise<Json> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { body } = await w.api.call('GET', `${definitions}/${name}`);
    const conditions = at(body, 'status', 'conditions');
    const found = Array.isArray(conditions) ? (conditions as Json[]).find((c) => c['type'] === type) : undefined;
    if (Object.entries(expected).every(([key, value]) => found?.[key] === value)) return body;
    if (Date.now() > deadline)
      throw new Error(`${name} has no ${type} ${JSON.stringify(expected)}: ${JSON.stringify(conditions)}`);
  }
}

const remove = async (w: World, ...names: string[]): Promise<void> => {
  for (const name of names) await w.api.call('DELETE', `${definitions}/${name}`);
};

export const definitionLifecycle: readonly ContractCase[] = [
  {
    title: 'a definition whose list kind is taken is not established and gets the names that are free',
    run: async (w) => {
      const group = `${w.name('names')}.${w.group}`;
      await establish(w, definition(group, 'as', { kind: 'A' }));
      await w.given(definitions, definition(group, 'bs', { kind: 'A' }));
      const crd = await withCondition(w, `bs.${group}`, 'NamesAccepted', {
        status: 'False',
        reason: 'ListKindConflict',
        message: '"AList" is already in use',
      });
      expect(at(crd, 'status', 'acceptedNames')).toEqual({ kind: '', plural: 'bs' });
      expect(listAt(crd, 'status', 'conditions').find((c) => c['type'] === 'Established')).toMatchObject({
        status: 'False',
        reason: 'NotAccepted',
        message: 'not all names are accepted',
      });
      expect((await w.api.call('GET', `/apis/${group}/v1/bs`)).code).toBe(404);
      await remove(w, `as.${group}`, `bs.${group}`);
    },
  },
  {
    title: 'a definition gets its names when the one that had them is gone',
    run: async (w) => {
      const group = `${w.name('names')}.${w.group}`;
      await establish(w, definition(group, 'as', { kind: 'A', shortNames: ['x'] }));
      await w.given(definitions, definition(group, 'bs', { kind: 'B', shortNames: ['x'] }));
      await withCondition(w, `bs.${group}`, 'NamesAccepted', {
        status: 'False',
        reason: 'ShortNamesConflict',
        message: '"x" is already in use',
      });
      await remove(w, `as.${group}`);
      const crd = await withCondition(w, `bs.${group}`, 'NamesAccepted', { status: 'True', reason: 'NoConflicts' });
      expect(at(crd, 'status', 'acceptedNames', 'shortNames')).toEqual(['x']);
      await remove(w, `bs.${group}`);
    },
  },
  ...(
    [
      [
        'https://github.com/example/pull/1',
        'True',
        'ApprovedAnnotation',
        'approved in https://github.com/example/pull/1',
      ],
      ['unapproved, for now', 'False', 'UnapprovedAnnotation', 'not approved: "unapproved, for now"'],
    ] as const
  ).map(([annotation, status, reason, message]): ContractCase => ({
    title: `a definition of a protected group says of its approval: ${reason}`,
    run: async (w) => {
      const group = `${w.name('approval')}.${w.group.split('.')[0] ?? ''}.k8s.io`;
      const annotations = { 'api-approved.kubernetes.io': annotation };
      await w.given(definitions, definition(group, 'as', { kind: 'A' }, { annotations }));
      await withCondition(w, `as.${group}`, 'KubernetesAPIApprovalPolicyConformant', { status, reason, message });
      await remove(w, `as.${group}`);
    },
  })),
  {
    title: 'the status of a definition is owned by kube-apiserver, condition by condition',
    run: async (w) => {
      const crd = await w.get(`${definitions}/widgets.${w.group}`);
      expect(at(crd, 'metadata', 'finalizers')).toBeUndefined();
      const entry = listAt(crd, 'metadata', 'managedFields').find((e) => e['subresource'] === 'status');
      expect(entry).toMatchObject({ manager: 'kube-apiserver', operation: 'Update' });
      const conditions = at(entry, 'fieldsV1', 'f:status', 'f:conditions');
      expect(Object.keys(conditions as object)).toEqual(['k:{"type":"Established"}', 'k:{"type":"NamesAccepted"}']);
    },
  },
  {
    title: 'a definition that is deleted waits for its objects and lets none be made',
    run: async (w) => {
      const group = `${w.name('gone')}.${w.group}`;
      await establish(w, definition(group, 'es', { kind: 'E' }));
      const objects = `/apis/${group}/v1/es`;
      const made = (name: string, finalizers: string[] = []): Json => ({
        apiVersion: `${group}/v1`,
        kind: 'E',
        metadata: { name, finalizers },
      });
      await w.given(objects, made('held', ['example.com/hold']));
      await w.given(objects, made('free'));
      const deleted = await w.api.call('DELETE', `${definitions}/es.${group}`);
      expect(deleted.code).toBe(200);
      expect(deleted.body).toMatchObject({
        metadata: { generation: 1, finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
      });
      expect(deleted.body['metadata']).not.toHaveProperty('deletionGracePeriodSeconds');
      expect(listAt(deleted.body, 'status', 'conditions').at(-1)).toMatchObject({
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
      });
      await withCondition(w, `es.${group}`, 'Terminating', { reason: 'InstanceDeletionInProgress' });
      const deadline = Date.now() + 10_000;
      let answer = await w.api.call('POST', objects, made('late'));
      // The definition's handlers learn of the deletion by a watch.
      for (let i = 0; answer.code === 201 && Date.now() < deadline; i++)
        answer = await w.api.call('POST', objects, made(`late-${String(i)}`));
      expectFailure(answer, 405, 'MethodNotAllowed', {
        message: 'create not allowed while custom resource definition is terminating',
        details: { group, kind: 'es' },
      });
      while (at(await w.get(`${objects}/held`), 'metadata', 'deletionTimestamp') === undefined)
        if (Date.now() > deadline) throw new Error('the objects are not deleted');
      const held = await w.merge(`${objects}/held`, { metadata: { finalizers: null } });
      expect(at(held.body, 'metadata', 'generation')).toBe(2);
      while ((await w.api.call('GET', `${definitions}/es.${group}`)).code !== 404)
        if (Date.now() > deadline + 10_000) throw new Error(`es.${group} stays`);
    },
  },
  ...(
    [
      [1.6, /^etcdserver: request is too large$/],
      [
        2.9,
        /^rpc error: code = ResourceExhausted desc = trying to send message larger than max \(29\d+ vs\. 2097152\)$/,
      ],
    ] as const
  ).map(([megabytes, message]): ContractCase => ({
    title: `an object of ${String(megabytes)} MB fails as the store says, without a reason`,
    run: async (w) => {
      const free = { text: 'x'.repeat(megabytes * 1_000_000) };
      const answer = await w.api.call('POST', w.widgets(), w.widget(w.name('large'), { size: 1, free }));
      expectFailure(answer, 500, undefined);
      expect(answer.body).not.toHaveProperty('reason');
      expect(answer.body['message']).toMatch(message);
    },
  })),
];
