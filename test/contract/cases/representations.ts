import { expect } from 'vitest';
import { parse } from 'yaml';
import { at, expectFailure, listAt, textAt, type ContractCase, type World } from '../contract-case.ts';

const form = (as: string, version = 'v1'): string => `application/json;as=${as};g=meta.k8s.io;v=${version}`;

async function configMap(w: World): Promise<string> {
  const name = w.name();
  await w.given(w.core('configmaps'), w.configMap(name));
  return name;
}

const only = (w: World, name: string): string => `${w.core('configmaps')}?fieldSelector=metadata.name%3D${name}`;

export const representations: readonly ContractCase[] = [
  {
    title: 'an object is answered as YAML when that is asked for',
    run: async (w) => {
      const name = await configMap(w);
      const answer = await w.api.call('GET', w.core('configmaps', name), undefined, { accept: 'application/yaml' });
      expect(answer.headers['content-type']).toBe('application/yaml');
      expect(parse(answer.text)).toMatchObject({
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { name },
        data: { a: '1' },
      });
    },
  },
  {
    title: 'a watch is never YAML',
    run: async (w) => {
      const answer = await w.api.call('GET', `${w.core('configmaps')}?watch=true`, undefined, {
        accept: 'application/yaml',
      });
      expect(answer.code).toBe(406);
    },
  },
  {
    title: 'a form of objects that nobody knows is NotAcceptable, and the message says what is',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('configmaps'), undefined, { accept: form('Poem') });
      expectFailure(answer, 406, 'NotAcceptable');
      expect(textAt(answer.body, 'message')).toMatch(/^only the following media types are accepted: application\/json/);
    },
  },
  {
    title: 'what can be given further on in the Accept header is given',
    run: async (w) => {
      const accept = `${form('Poem')},text/html,${form('Table')},application/json`;
      const answer = await w.api.call('GET', only(w, await configMap(w)), undefined, { accept });
      expect(answer).toMatchObject({ code: 200, body: { kind: 'Table' } });
    },
  },
  {
    title: 'PartialObjectMetadata of a list is NotAcceptable',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps'), undefined, { accept: form('PartialObjectMetadata') }),
        406,
        'NotAcceptable',
        {
          message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
        },
      ),
  },
  {
    title: 'PartialObjectMetadataList of one object is NotAcceptable',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps', await configMap(w)), undefined, {
          accept: form('PartialObjectMetadataList'),
        }),
        406,
        'NotAcceptable',
        {
          message: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
        },
      ),
  },
  {
    title: 'metadata alone is answered for an object',
    run: async (w) => {
      const name = await configMap(w);
      const answer = await w.api.call('GET', w.core('configmaps', name), undefined, {
        accept: form('PartialObjectMetadata'),
      });
      expect(answer.body).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name },
      });
      expect(answer.body).not.toHaveProperty('data');
    },
  },
  {
    title: 'metadata alone is answered for the events of a watch',
    run: async (w) => {
      const name = await configMap(w);
      const answer = await w.api.call('GET', `${only(w, name)}&watch=true&timeoutSeconds=1`, undefined, {
        accept: form('PartialObjectMetadata'),
      });
      const event = JSON.parse(answer.text.split('\n')[0] ?? '') as unknown;
      expect(event).toMatchObject({
        type: 'ADDED',
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name } },
      });
      expect(at(event, 'object', 'data')).toBeUndefined();
    },
  },
  {
    title: 'metadata alone is answered for what was written',
    run: async (w) => {
      const answer = await w.api.call('POST', w.core('configmaps'), w.configMap(w.name()), {
        accept: form('PartialObjectMetadata'),
      });
      expect(answer).toMatchObject({ code: 201, body: { kind: 'PartialObjectMetadata' } });
    },
  },
  {
    title: 'Tables are still served in version v1beta1',
    run: async (w) => {
      const answer = await w.api.call('GET', only(w, await configMap(w)), undefined, {
        accept: form('Table', 'v1beta1'),
      });
      expect(answer.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1beta1' });
    },
  },
  ...(['Object', 'Metadata'] as const).map((include): ContractCase => ({
    title: `includeObject=${include} puts ${include === 'Object' ? 'whole objects' : 'metadata'} into the rows of a Table`,
    run: async (w) => {
      const name = await configMap(w);
      const answer = await w.api.call('GET', `${only(w, name)}&includeObject=${include}`, undefined, {
        accept: form('Table'),
      });
      const [row] = listAt(answer.body, 'rows');
      expect(row?.['object']).toMatchObject({
        kind: include === 'Object' ? 'ConfigMap' : 'PartialObjectMetadata',
        metadata: { name },
      });
      expect(at(row, 'object', 'data')).toEqual(include === 'Object' ? { a: '1' } : undefined);
    },
  })),
  {
    title: 'includeObject takes no other value',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', `${w.core('configmaps')}?includeObject=Half`, undefined, { accept: form('Table') }),
        400,
        'BadRequest',
        {
          message: `Unable to convert to Table as requested: includeObject: Invalid value: "Half": must be 'Metadata', 'Object', 'None', or empty`,
        },
      ),
  },
  {
    title: 'a large answer is compressed for who takes gzip, and a small one is not',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, { text: 'x'.repeat(200_000) }));
      const gzip = { headers: { 'accept-encoding': 'gzip' } };
      const large = await w.api.call('GET', w.core('configmaps', name), undefined, gzip);
      expect(large.headers['content-encoding']).toBe('gzip');
      const small = await w.api.call('GET', w.core('configmaps', await configMap(w)), undefined, gzip);
      expect(small.headers).not.toHaveProperty('content-encoding');
      const plain = await w.api.call('GET', w.core('configmaps', name));
      expect(plain.headers).not.toHaveProperty('content-encoding');
    },
  },
  {
    title: 'kinds without columns of their own print when they were made as a time',
    run: async (w) => {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${w.group}`;
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const { body } = await w.api.call('GET', path, undefined, { accept });
      expect(listAt(body, 'columnDefinitions').map((c) => [c['name'], c['type']])).toEqual([
        ['Name', 'string'],
        ['Created At', 'date'],
      ]);
      const created = at(await w.get(path), 'metadata', 'creationTimestamp');
      expect(at(body, 'rows', '0', 'cells')).toEqual([`widgets.${w.group}`, created]);
    },
  },
];
