import { expect } from 'vitest';
import { at, expectFailure, listAt, textAt, type ContractCase } from '../contract-case.ts';

export const patches: readonly ContractCase[] = [
  {
    title: 'a merge patch sets, keeps and with null removes',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, { a: '1', b: '2' }));
      const answer = await w.merge(w.core('configmaps', name), { data: { a: null, c: '3' } });
      expect(answer).toMatchObject({ code: 200 });
      expect(answer.body['data']).toEqual({ b: '2', c: '3' });
    },
  },
  {
    title: 'a merge patch replaces lists',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name, { size: 1, tags: ['a', 'b'] }));
      const answer = await w.merge(w.widgets(name), { spec: { tags: ['c'] } });
      expect(at(answer.body, 'spec', 'tags')).toEqual(['c']);
    },
  },
  {
    title: 'a merge patch with an old resourceVersion is Conflict',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      await w.merge(w.core('configmaps', name), { data: { b: '2' } });
      const resourceVersion = textAt(created, 'metadata', 'resourceVersion');
      expectFailure(
        await w.merge(w.core('configmaps', name), { metadata: { resourceVersion }, data: { c: '3' } }),
        409,
        'Conflict',
      );
    },
  },
  {
    title: 'a patch without effect keeps the resourceVersion',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const { body } = await w.merge(w.core('configmaps', name), { data: { a: '1' } });
      expect(at(body, 'metadata', 'resourceVersion')).toBe(at(created, 'metadata', 'resourceVersion'));
    },
  },
  {
    title: 'a patch of what does not exist is NotFound',
    run: async (w) => expectFailure(await w.merge(w.core('configmaps', 'absent'), { data: {} }), 404, 'NotFound'),
  },
  {
    title: 'JSON patch adds, replaces, removes, moves and copies',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, { a: '1', b: '2', c: '3' }));
      const answer = await w.jsonPatch(w.core('configmaps', name), [
        { op: 'add', path: '/data/d', value: '4' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'remove', path: '/data/b' },
        { op: 'move', from: '/data/c', path: '/data/e' },
        { op: 'copy', from: '/data/e', path: '/data/f' },
      ]);
      expect(answer.body['data']).toEqual({ a: '9', d: '4', e: '3', f: '3' });
    },
  },
  {
    title: 'a JSON patch whose test fails is refused as Invalid and changes nothing',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.jsonPatch(w.core('configmaps', name), [
        { op: 'replace', path: '/data/a', value: '2' },
        { op: 'test', path: '/data/a', value: 'x' },
      ]);
      expectFailure(answer, 422, 'Invalid');
      expect(await w.get(w.core('configmaps', name))).toMatchObject({ data: { a: '1' } });
    },
  },
  {
    title: 'a JSON patch that removes what is not there is refused as Invalid',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(
        await w.jsonPatch(w.core('configmaps', name), [{ op: 'remove', path: '/data/none' }]),
        422,
        'Invalid',
      );
    },
  },
  {
    title: 'a JSON patch that is not a list is BadRequest',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(await w.jsonPatch(w.core('configmaps', name), { op: 'add' }), 400, 'BadRequest');
    },
  },
  {
    title: 'a strategic merge patch merges containers by name',
    run: async (w) => {
      const name = w.name();
      await w.given(w.apps('deployments'), w.deployment(name));
      const answer = await w.strategic(w.apps('deployments', name), {
        spec: { template: { spec: { containers: [{ name: 'side', image: 'example/side:1' }] } } },
      });
      const containers = listAt(answer.body, 'spec', 'template', 'spec', 'containers');
      expect(containers.map((c) => c['name']).sort()).toEqual(['main', 'side']);
    },
  },
  {
    title: '$patch: delete removes an item of a list by its key',
    run: async (w) => {
      const name = w.name();
      await w.given(w.apps('deployments'), w.deployment(name));
      const answer = await w.strategic(w.apps('deployments', name), {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'side', image: 'example/side:1' },
                { name: 'main', $patch: 'delete' },
              ],
            },
          },
        },
      });
      const containers = listAt(answer.body, 'spec', 'template', 'spec', 'containers');
      expect(containers.map((c) => c['name'])).toEqual(['side']);
    },
  },
  {
    title: '$patch: replace replaces a map',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, { a: '1' }));
      const answer = await w.strategic(w.core('configmaps', name), { data: { $patch: 'replace', b: '2' } });
      expect(answer.body['data']).toEqual({ b: '2' });
    },
  },
  {
    title: '$deleteFromPrimitiveList takes finalizers away',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['a.com/a', 'b.com/b'] }));
      const answer = await w.strategic(w.core('configmaps', name), {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['a.com/a'] },
      });
      expect(at(answer.body, 'metadata', 'finalizers')).toEqual(['b.com/b']);
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'a strategic merge patch of a custom resource is UnsupportedMediaType',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const answer = await w.strategic(w.widgets(name), { spec: { size: 2 } });
      expectFailure(answer, 415, 'UnsupportedMediaType', {
        message:
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      });
    },
  },
  {
    title: 'PATCH with application/json is UnsupportedMediaType',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(await w.api.call('PATCH', w.core('configmaps', name), { data: {} }), 415, 'UnsupportedMediaType');
    },
  },
  {
    title: 'a patch cannot change the name',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(await w.merge(w.core('configmaps', name), { metadata: { name: 'other' } }), 400, 'BadRequest', {
        message: `the name of the object (other) does not match the name on the URL (${name})`,
      });
    },
  },
  {
    title: 'a patch of scale changes the replicas',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const answer = await w.merge(w.widgets(name, 'scale'), { spec: { replicas: 7 } });
      expect(answer.body).toMatchObject({ kind: 'Scale', spec: { replicas: 7 } });
      expect(await w.get(w.widgets(name))).toMatchObject({ spec: { replicas: 7 } });
    },
  },
  {
    title: 'a patch of status leaves the spec alone',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const answer = await w.merge(w.widgets(name, 'status'), { spec: { size: 9 }, status: { phase: 'Ready' } });
      expect(answer.body).toMatchObject({ spec: { size: 1 }, status: { phase: 'Ready' }, metadata: { generation: 1 } });
    },
  },
];
