import { expect } from 'vitest';
import { at, expectFailure, listAt, textAt, type ContractCase } from '../contract-case.ts';

export const apply: readonly ContractCase[] = [
  {
    title: 'apply creates what does not exist (201) and records its manager',
    run: async (w) => {
      const name = w.name();
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name), 'one');
      expect(answer.code).toBe(201);
      expect(listAt(answer.body, 'metadata', 'managedFields')).toMatchObject([
        {
          manager: 'one',
          operation: 'Apply',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:a': {} } },
        },
      ]);
    },
  },
  {
    title: 'apply again without a change answers 200 and the same resourceVersion',
    run: async (w) => {
      const name = w.name();
      const first = await w.apply(w.core('configmaps', name), w.configMap(name), 'one');
      const second = await w.apply(w.core('configmaps', name), w.configMap(name), 'one');
      expect(second.code).toBe(200);
      expect(at(second.body, 'metadata', 'resourceVersion')).toBe(at(first.body, 'metadata', 'resourceVersion'));
    },
  },
  {
    title: 'apply without fieldManager is refused',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call('PATCH', w.core('configmaps', name), w.configMap(name), {
        contentType: 'application/apply-patch+yaml',
      });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('fieldManager: Required value: is required for apply patch');
    },
  },
  {
    title: 'a field of another manager is a Conflict with a FieldManagerConflict cause',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'one');
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '2' }), 'two');
      expectFailure(answer, 409, 'Conflict', {
        message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
        },
      });
    },
  },
  {
    title: 'conflicts with an updater name its operation’s API version and time',
    run: async (w) => {
      const name = w.name();
      await w.api.call('POST', `${w.core('configmaps')}?fieldManager=editor`, w.configMap(name, { a: '1' }));
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '2' }), 'two');
      expectFailure(answer, 409, 'Conflict');
      expect(textAt(answer.body, 'message')).toMatch(
        /^Apply failed with 1 conflict: conflict with "editor" using v1( at \S+)?: \.data\.a$/,
      );
    },
  },
  {
    title: 'force takes the field over',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'one');
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '2' }), 'two', '&force=true');
      expect(answer).toMatchObject({ code: 200, body: { data: { a: '2' } } });
      const owners = listAt(answer.body, 'metadata', 'managedFields');
      expect(owners.map((o) => o['manager'])).toEqual(['two']);
    },
  },
  {
    title: 'the same value applied by two is owned by both',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'one');
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'two');
      const owners = listAt(answer.body, 'metadata', 'managedFields').map((o) => textAt(o, 'manager'));
      expect(owners.sort()).toEqual(['one', 'two']);
    },
  },
  {
    title: 'a field that its only manager no longer applies is removed',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1', b: '2' }), 'one');
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'one');
      expect(answer.body['data']).toEqual({ a: '1' });
    },
  },
  {
    title: 'a field that another manager owns too stays when one lets it go',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1', b: '2' }), 'one');
      await w.apply(w.core('configmaps', name), w.configMap(name, { b: '2' }), 'two');
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name, { a: '1' }), 'one');
      expect(answer.body['data']).toEqual({ a: '1', b: '2' });
    },
  },
  {
    title: 'containers are merged by name',
    run: async (w) => {
      const name = w.name();
      const withContainer = (container: string): Record<string, unknown> =>
        w.deployment(name, {
          template: {
            metadata: { labels: { app: name } },
            spec: { containers: [{ name: container, image: 'example/x:1' }] },
          },
        });
      await w.apply(w.apps('deployments', name), withContainer('a'), 'one');
      const answer = await w.apply(w.apps('deployments', name), withContainer('b'), 'two');
      const containers = listAt(answer.body, 'spec', 'template', 'spec', 'containers');
      expect(containers.map((c) => c['name'])).toEqual(['a', 'b']);
    },
  },
  {
    title: 'an item of a list by keys is owned under k:',
    run: async (w) => {
      const name = w.name();
      const answer = await w.apply(w.apps('deployments', name), w.deployment(name), 'one');
      const [entry] = listAt(answer.body, 'metadata', 'managedFields');
      expect(at(entry, 'fieldsV1', 'f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"main"}')).toEqual({
        '.': {},
        'f:image': {},
        'f:name': {},
      });
    },
  },
  {
    title: 'a set of a custom resource joins the items of two managers',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.widgets(name), w.widget(name, { size: 1, tags: ['a'] }), 'one');
      const answer = await w.apply(w.widgets(name), w.widget(name, { size: 1, tags: ['b'] }), 'two');
      expect(at(answer.body, 'spec', 'tags')).toEqual(['a', 'b']);
    },
  },
  {
    title: 'an atomic list of a custom resource belongs to one manager',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.widgets(name), w.widget(name, { size: 1, whole: ['a'] }), 'one');
      const answer = await w.apply(w.widgets(name), w.widget(name, { size: 1, whole: ['b'] }), 'two');
      expectFailure(answer, 409, 'Conflict', { details: { causes: [{ field: '.spec.whole' }] } });
    },
  },
  {
    title: 'parts of a custom resource are merged by their keys, and defaulted',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.widgets(name), w.widget(name, { size: 1, parts: [{ id: 'a' }] }), 'one');
      const answer = await w.apply(w.widgets(name), w.widget(name, { size: 1, parts: [{ id: 'b', count: 5 }] }), 'two');
      expect(at(answer.body, 'spec', 'parts')).toEqual([
        { id: 'a', count: 1 },
        { id: 'b', count: 5 },
      ]);
    },
  },
  {
    title: 'managedFields in the applied object are refused',
    run: async (w) => {
      const name = w.name();
      const object = w.configMap(name, {}, { managedFields: [{ manager: 'x', operation: 'Apply' }] });
      const answer = await w.apply(w.core('configmaps', name), object, 'one');
      expectFailure(answer, 400, 'BadRequest', { message: 'metadata.managedFields must be nil' });
    },
  },
  {
    title: 'managedFields set to one empty entry are forgotten',
    run: async (w) => {
      const name = w.name();
      await w.apply(w.core('configmaps', name), w.configMap(name), 'one');
      const { body } = await w.merge(w.core('configmaps', name), { metadata: { managedFields: [{}] } });
      expect(at(body, 'metadata')).not.toHaveProperty('managedFields');
    },
  },
  {
    title: 'a status that is applied to status is owned under the subresource',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const object = { apiVersion: `${w.group}/v1`, kind: 'Widget', metadata: { name }, status: { phase: 'Ready' } };
      const answer = await w.apply(w.widgets(name, 'status'), object, 'reporter');
      expect(answer.body).toMatchObject({ status: { phase: 'Ready' } });
      const entry = listAt(answer.body, 'metadata', 'managedFields').find((o) => o['manager'] === 'reporter');
      expect(entry).toMatchObject({ operation: 'Apply', subresource: 'status' });
    },
  },
];
