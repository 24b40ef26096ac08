import { expect } from 'vitest';
import { at, expectFailure, listAt, textAt, type ContractCase, type World } from '../contract-case.ts';
import { establish, widgetDefinition } from '../widget-definition.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Asserts that a Widget of this spec is refused; answers the message. */
async function refused(w: World, spec: Record<string, unknown>, causes: Record<string, unknown>[]): Promise<string> {
  const answer = await w.api.call('POST', w.widgets(), w.widget(w.name(), spec));
  expectFailure(answer, 422, 'Invalid', { details: { group: w.group, kind: 'Widget' } });
  // After a fault of the schema a last cause says that the rules were not looked at.
  for (const cause of causes)
    expect(listAt(answer.body, 'details', 'causes')).toContainEqual(expect.objectContaining(cause));
  return textAt(answer.body, 'message');
}

export const crds: readonly ContractCase[] = [
  {
    title: 'a definition becomes Established with accepted names and stored versions',
    run: async (w) => {
      const crd = await w.get(`${definitions}/widgets.${w.group}`);
      const conditions = listAt(crd, 'status', 'conditions');
      for (const type of ['NamesAccepted', 'Established'])
        expect(conditions.find((c) => c['type'] === type)).toMatchObject({ status: 'True' });
      expect(crd).toMatchObject({
        status: {
          storedVersions: ['v1'],
          acceptedNames: { plural: 'widgets', listKind: 'WidgetList', singular: 'widget' },
        },
      });
    },
  },
  {
    title: 'a definition gets singular, listKind and conversion strategy None',
    run: async (w) =>
      expect(await w.get(`${definitions}/widgets.${w.group}`)).toMatchObject({
        spec: { conversion: { strategy: 'None' }, names: { singular: 'widget', listKind: 'WidgetList' } },
      }),
  },
  {
    title: 'a definition whose name is not plural.group is Invalid at metadata.name',
    run: async (w) => {
      const definition = { ...widgetDefinition(w.group), metadata: { name: 'other.example.com' } };
      const answer = await w.api.call('POST', definitions, definition);
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain(`must be spec.names.plural+"."+spec.group`);
    },
  },
  {
    title: 'a definition without a schema is Invalid',
    run: async (w) => {
      const answer = await w.api.call('POST', definitions, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `things.${w.group}` },
        spec: {
          group: w.group,
          scope: 'Namespaced',
          names: { plural: 'things', kind: 'Thing' },
          versions: [{ name: 'v1', served: true, storage: true }],
        },
      });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('schemas are required');
    },
  },
  {
    title: 'unknown fields are pruned, but kept below x-kubernetes-preserve-unknown-fields',
    run: async (w) => {
      const created = await w.given(
        w.widgets(),
        w.widget(w.name(), { size: 1, what: 1, free: { any: { thing: [1] } } }),
      );
      expect(created['spec']).not.toHaveProperty('what');
      expect(at(created, 'spec', 'free')).toEqual({ any: { thing: [1] } });
    },
  },
  {
    title: 'defaults are set, those of a defaulted object too',
    run: async (w) => {
      const created = await w.given(w.widgets(), w.widget(w.name(), { size: 1 }));
      expect(created['spec']).toEqual({ size: 1, replicas: 3, nested: { mode: 'auto' } });
    },
  },
  {
    title: 'null where a default is known becomes the default',
    run: async (w) => {
      const created = await w.given(w.widgets(), w.widget(w.name(), { size: 1, replicas: null }));
      expect(at(created, 'spec', 'replicas')).toBe(3);
    },
  },
  {
    title: 'a missing required field is FieldValueRequired',
    run: async (w) =>
      expect(
        await refused(w, {}, [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.size' }]),
      ).toContain('spec.size: Required value'),
  },
  {
    title: 'a value of the wrong type is FieldValueTypeInvalid',
    run: async (w) =>
      expect(await refused(w, { size: 'big' }, [{ reason: 'FieldValueTypeInvalid', field: 'spec.size' }])).toContain(
        'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      ),
  },
  {
    title: 'a number below its minimum is FieldValueInvalid',
    run: async (w) =>
      expect(await refused(w, { size: 0 }, [{ reason: 'FieldValueInvalid', field: 'spec.size' }])).toContain(
        'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
      ),
  },
  {
    title: 'a value outside its enum is FieldValueNotSupported and names the values',
    run: async (w) =>
      expect(
        await refused(w, { size: 1, color: 'blue' }, [{ reason: 'FieldValueNotSupported', field: 'spec.color' }]),
      ).toContain('spec.color: Unsupported value: "blue": supported values: "red", "green"'),
  },
  {
    title: 'a text that its pattern does not match is FieldValueInvalid',
    run: async (w) =>
      expect(
        await refused(w, { size: 1, code: 'A1' }, [{ reason: 'FieldValueInvalid', field: 'spec.code' }]),
      ).toContain(`spec.code: Invalid value: "A1": spec.code in body should match '^[a-z]+$'`),
  },
  {
    title: 'a text that is too long is FieldValueTooLong',
    run: async (w) =>
      expect(
        await refused(w, { size: 1, code: 'abcdefg' }, [{ reason: 'FieldValueTooLong', field: 'spec.code' }]),
      ).toMatch(/spec\.code: Too long: may not be more than 5 (bytes|characters)/),
  },
  {
    title: 'an item that a set has twice is FieldValueDuplicate',
    run: async (w) =>
      expect(
        await refused(w, { size: 1, tags: ['a', 'a'] }, [{ reason: 'FieldValueDuplicate', field: 'spec.tags[1]' }]),
      ).toContain('spec.tags[1]: Duplicate value: "a"'),
  },
  {
    title: 'a key that a list has twice is FieldValueDuplicate',
    run: async (w) =>
      expect(
        await refused(w, { size: 1, parts: [{ id: 'a' }, { id: 'a' }] }, [
          { reason: 'FieldValueDuplicate', field: 'spec.parts[1]' },
        ]),
      ).toContain('spec.parts[1]: Duplicate value: map[string]interface {}{"id":"a"}'),
  },
  {
    title: 'a CEL rule refuses with its message',
    run: async (w) =>
      expect(await refused(w, { size: 5, max: 2 }, [{ reason: 'FieldValueInvalid', field: 'spec' }])).toContain(
        'size must not exceed max',
      ),
  },
  {
    title: 'a transition rule looks at the old value',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name, { size: 1, fixed: 'a' }));
      const answer = await w.merge(w.widgets(name), { spec: { fixed: 'b' } });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('spec.fixed: Invalid value: "string": fixed cannot change');
    },
  },
  {
    title: 'int-or-string takes both and nothing else',
    run: async (w) => {
      for (const port of [80, 'http'])
        expect(at(await w.given(w.widgets(), w.widget(w.name(), { size: 1, port })), 'spec', 'port')).toBe(port);
      await refused(w, { size: 1, port: true }, [{ field: 'spec.port' }]);
    },
  },
  {
    title: 'an object is read in each served version',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.widgets(), w.widget(name));
      const other = await w.get(w.widgets(name, undefined, 'v1beta1'));
      expect(other).toMatchObject({
        apiVersion: `${w.group}/v1beta1`,
        metadata: { uid: textAt(created, 'metadata', 'uid') },
        spec: { size: 1 },
      });
    },
  },
  {
    title: 'an object of another version than that of the path is BadRequest',
    run: async (w) => {
      const answer = await w.api.call('POST', w.widgets(), { ...w.widget(w.name()), apiVersion: `${w.group}/v1beta1` });
      expectFailure(answer, 400, 'BadRequest');
    },
  },
  {
    title: 'a change of the spec counts the generation, one of the metadata does not',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const labelled = await w.merge(w.widgets(name), { metadata: { labels: { a: 'b' } } });
      expect(at(labelled.body, 'metadata', 'generation')).toBe(1);
      expect(at((await w.merge(w.widgets(name), { spec: { size: 2 } })).body, 'metadata', 'generation')).toBe(2);
    },
  },
  {
    title: 'PUT of a custom resource without resourceVersion is Invalid',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const answer = await w.api.call('PUT', w.widgets(name), w.widget(name, { size: 2 }));
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain(
        'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
      );
    },
  },
  {
    title: 'a status written at creation is dropped',
    run: async (w) =>
      expect(await w.given(w.widgets(), { ...w.widget(w.name()), status: { phase: 'x' } })).not.toHaveProperty(
        'status',
      ),
  },
  {
    title: 'a Table has the additional printer columns',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name, { size: 4 }));
      const { body } = await w.api.call('GET', w.widgets(name), undefined, {
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
      });
      expect(listAt(body, 'columnDefinitions').map((c) => c['name'])).toEqual(['Name', 'Size']);
      expect(listAt(body, 'rows')[0]).toMatchObject({ cells: [name, 4] });
    },
  },
  {
    title: 'scale is read from the paths of the definition',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      await w.merge(w.widgets(name, 'status'), { status: { replicas: 2 } });
      expect(await w.get(w.widgets(name, 'scale'))).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: { replicas: 3 },
        status: { replicas: 2 },
      });
    },
  },
  {
    title: 'a definition that goes takes its objects and its API with it',
    run: async (w) => {
      const group = `gone.${w.group}`;
      await establish(w, widgetDefinition(group));
      const collection = `/apis/${group}/v1/namespaces/${w.namespace}/widgets`;
      await w.given(collection, { ...w.widget('a'), apiVersion: `${group}/v1` });
      const path = `${definitions}/widgets.${group}`;
      const events = await w.api.watch(
        `${definitions}?watch=true&fieldSelector=metadata.name%3Dwidgets.${group}&resourceVersion=${textAt(await w.get(path), 'metadata', 'resourceVersion')}`,
        1,
        () => w.api.call('DELETE', path),
      );
      expect(events[0]?.object).toMatchObject({
        metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
      });
      const deadline = Date.now() + 20_000;
      while ((await w.api.call('GET', path)).code !== 404)
        if (Date.now() > deadline) throw new Error('the definition does not go');
      while ((await w.api.call('GET', collection)).code !== 404)
        if (Date.now() > deadline) throw new Error('the API does not go');
    },
  },
];
