import { expect } from 'vitest';
import { at, expectFailure, textAt, type ContractCase, type World } from '../contract-case.ts';

async function absent(w: World, path: string): Promise<void> {
  expect((await w.api.call('GET', path)).code).toBe(404);
}

const misspelt = (w: World, name: string): Record<string, unknown> => ({ ...w.deployment(name), spek: {} });

export const dryRunAndFieldValidation: readonly ContractCase[] = [
  {
    title: 'dryRun=All answers a creation with a uid, and creates nothing',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call('POST', `${w.core('configmaps')}?dryRun=All`, w.configMap(name));
      expect(answer.code).toBe(201);
      expect(textAt(answer.body, 'metadata', 'uid')).not.toBe('');
      expect(answer.body['metadata']).not.toHaveProperty('resourceVersion');
      await absent(w, w.core('configmaps', name));
    },
  },
  {
    title: 'dryRun=All of a patch answers the outcome and keeps the object',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.merge(`${w.core('configmaps', name)}?dryRun=All`, { data: { a: '2' } });
      expect(answer.body).toMatchObject({ data: { a: '2' } });
      expect(await w.get(w.core('configmaps', name))).toEqual(created);
    },
  },
  {
    title: 'dryRun=All of a deletion keeps the object',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expect((await w.api.call('DELETE', `${w.core('configmaps', name)}?dryRun=All`)).code).toBe(200);
      await w.get(w.core('configmaps', name));
    },
  },
  {
    title: 'dryRun=All refuses what would be refused',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call('POST', `${w.core('configmaps')}?dryRun=All`, w.configMap(name));
      expectFailure(answer, 409, 'AlreadyExists');
    },
  },
  {
    title: 'another value of dryRun is Invalid',
    run: async (w) => {
      const answer = await w.api.call('POST', `${w.core('configmaps')}?dryRun=Some`, w.configMap(w.name()));
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toMatch(/dryRun: Unsupported value: .*"Some".*: supported values: "All"/);
    },
  },
  {
    title: 'dryRun=All of an apply says what would become of it',
    run: async (w) => {
      const name = w.name();
      const answer = await w.apply(w.core('configmaps', name), w.configMap(name), 'one', '&dryRun=All');
      expect(answer).toMatchObject({ code: 201, body: { data: { a: '1' } } });
      await absent(w, w.core('configmaps', name));
    },
  },
  {
    title: 'fieldValidation=Strict refuses an unknown field',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call('POST', `${w.apps('deployments')}?fieldValidation=Strict`, misspelt(w, name));
      expectFailure(answer, 400, 'BadRequest');
      expect(textAt(answer.body, 'message')).toContain('strict decoding error: unknown field "spek"');
      await absent(w, w.apps('deployments', name));
    },
  },
  {
    title: 'Warn is the default: an unknown field is a Warning header, and dropped',
    run: async (w) => {
      const answer = await w.api.call('POST', w.apps('deployments'), misspelt(w, w.name()));
      expect(answer.code).toBe(201);
      expect(answer.headers['warning']).toBe('299 - "unknown field \\"spek\\""');
      expect(answer.body).not.toHaveProperty('spek');
    },
  },
  {
    title: 'fieldValidation=Ignore says nothing',
    run: async (w) => {
      const answer = await w.api.call('POST', `${w.apps('deployments')}?fieldValidation=Ignore`, misspelt(w, w.name()));
      expect(answer.code).toBe(201);
      expect(answer.headers).not.toHaveProperty('warning');
    },
  },
  {
    title: 'another value of fieldValidation is Invalid',
    run: async (w) => {
      const answer = await w.api.call('POST', `${w.core('configmaps')}?fieldValidation=Some`, w.configMap(w.name()));
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('fieldValidation: Unsupported value: "Some"');
    },
  },
  {
    title: 'Strict names the path of an unknown field deep inside',
    run: async (w) => {
      const name = w.name();
      const object = w.deployment(name, {
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'c', image: 'i', imag: 'x' }] },
        },
      });
      const answer = await w.api.call('POST', `${w.apps('deployments')}?fieldValidation=Strict`, object);
      expectFailure(answer, 400, 'BadRequest');
      expect(textAt(answer.body, 'message')).toContain('unknown field "spec.template.spec.containers[0].imag"');
    },
  },
  {
    title: 'Strict refuses a field that a JSON body has twice',
    run: async (w) => {
      const name = w.name();
      const text = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"a":"1","a":"2"}}`;
      const answer = await w.api.call('POST', `${w.core('configmaps')}?fieldValidation=Strict`, text);
      expectFailure(answer, 400, 'BadRequest');
      expect(textAt(answer.body, 'message')).toContain('duplicate field "data.a"');
    },
  },
  {
    title: 'Strict refuses an unknown field of a custom resource',
    run: async (w) => {
      const answer = await w.api.call(
        'POST',
        `${w.widgets()}?fieldValidation=Strict`,
        w.widget(w.name(), { size: 1, what: 1, parts: [{ id: 'a', no: 1 }] }),
      );
      expectFailure(answer, 400, 'BadRequest');
      const message = textAt(answer.body, 'message');
      expect(message).toContain('unknown field "spec.what"');
      expect(message).toContain('unknown field "spec.parts[0].no"');
    },
  },
  {
    title: 'an unknown field of a custom resource is a Warning by default',
    run: async (w) => {
      const answer = await w.api.call('POST', w.widgets(), w.widget(w.name(), { size: 1, what: 1 }));
      expect(answer.headers['warning']).toBe('299 - "unknown field \\"spec.what\\""');
    },
  },
  {
    title: 'Strict looks at merge patches too',
    run: async (w) => {
      const name = w.name();
      await w.given(w.apps('deployments'), w.deployment(name));
      const answer = await w.merge(`${w.apps('deployments', name)}?fieldValidation=Strict`, { spec: { nope: 1 } });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('unknown field "spec.nope"');
    },
  },
  {
    title: 'Strict looks at server-side apply too',
    run: async (w) => {
      const name = w.name();
      const answer = await w.apply(
        w.widgets(name),
        w.widget(name, { size: 1, what: 1 }),
        'one',
        '&fieldValidation=Strict',
      );
      expect(answer.code).toBeGreaterThanOrEqual(400);
      expect(String(at(answer.body, 'message'))).toContain('what');
    },
  },
];
