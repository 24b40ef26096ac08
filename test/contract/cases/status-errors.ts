import { expect } from 'vitest';
import { at, expectFailure, ofAnyVersion, textAt, type ContractCase } from '../contract-case.ts';

export const statusErrors: readonly ContractCase[] = [
  {
    title: 'GET of what does not exist is NotFound with name and kind in the details',
    run: async (w) =>
      expectFailure(await w.api.call('GET', w.core('configmaps', 'absent')), 404, 'NotFound', {
        message: 'configmaps "absent" not found',
        details: { name: 'absent', kind: 'configmaps' },
      }),
  },
  {
    title: 'the message of a group resource names the group',
    run: async (w) =>
      expectFailure(await w.api.call('GET', w.apps('deployments', 'absent')), 404, 'NotFound', {
        message: 'deployments.apps "absent" not found',
        details: { name: 'absent', group: 'apps', kind: 'deployments' },
      }),
  },
  {
    title: 'POST of a name that is taken is AlreadyExists',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(await w.api.call('POST', w.core('configmaps'), w.configMap(name)), 409, 'AlreadyExists', {
        message: `configmaps "${name}" already exists`,
        details: { name, kind: 'configmaps' },
      });
    },
  },
  {
    title: 'PUT with an old resourceVersion is Conflict, with the advice to try again',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      await w.merge(w.core('configmaps', name), { data: { b: '2' } });
      expectFailure(await w.api.call('PUT', w.core('configmaps', name), { ...created, data: {} }), 409, 'Conflict', {
        message: `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        details: { name, kind: 'configmaps' },
      });
    },
  },
  {
    title: 'PUT with the uid of another object is Conflict',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call(
        'PUT',
        w.core('configmaps', name),
        w.configMap(name, {}, { uid: '00000000-0000-4000-8000-000000000000' }),
      );
      expectFailure(answer, 409, 'Conflict');
      expect(textAt(answer.body, 'message')).toContain('Precondition failed: UID in precondition');
    },
  },
  {
    title: 'an invalid name is Invalid with the cause at metadata.name',
    run: async (w) =>
      expectFailure(await w.api.call('POST', w.core('configmaps'), w.configMap('Not_Valid')), 422, 'Invalid', {
        details: {
          name: 'Not_Valid',
          kind: 'ConfigMap',
          causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }],
        },
      }),
  },
  {
    title: 'the message of an invalid name quotes the rule and its expression',
    run: async (w) => {
      const { body } = await w.api.call('POST', w.core('configmaps'), w.configMap('Not_Valid'));
      expect(body['message']).toBe(
        "ConfigMap \"Not_Valid\" is invalid: metadata.name: Invalid value: \"Not_Valid\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      );
    },
  },
  {
    title: 'an object without any name is Invalid',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
        422,
        'Invalid',
        { message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required' },
      ),
  },
  {
    title: 'an invalid label value is Invalid at metadata.labels',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('configmaps'), w.configMap(w.name(), {}, { labels: { a: 'not valid' } })),
        422,
        'Invalid',
        { details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.labels' }] } },
      ),
  },
  {
    title: 'POST into a namespace that does not exist is NotFound of the namespace',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', '/api/v1/namespaces/absent/configmaps', w.configMap('x')),
        404,
        'NotFound',
        { message: 'namespaces "absent" not found', details: { name: 'absent', kind: 'namespaces' } },
      ),
  },
  {
    title: 'a namespace in the object other than that of the path is BadRequest',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('configmaps'), w.configMap('x', {}, { namespace: 'default' })),
        400,
        'BadRequest',
        { message: 'the namespace of the provided object does not match the namespace sent on the request' },
      ),
  },
  {
    title: 'a name in the object other than that of the path is BadRequest',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(await w.api.call('PUT', w.core('configmaps', name), w.configMap('other')), 400, 'BadRequest', {
        message: `the name of the object (other) does not match the name on the URL (${name})`,
      });
    },
  },
  {
    title: 'an object of another kind is BadRequest',
    run: async (w) => {
      const answer = await w.api.call('POST', w.core('configmaps'), { ...w.configMap('x'), kind: 'Secret' });
      expectFailure(answer, 400, 'BadRequest');
    },
  },
  {
    title: 'a body that is not JSON is BadRequest',
    run: async (w) => expectFailure(await w.api.call('POST', w.core('configmaps'), '{"a":'), 400, 'BadRequest'),
  },
  {
    title: 'a media type that nobody speaks is UnsupportedMediaType',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('configmaps'), '<a/>', { contentType: 'application/xml' }),
        415,
        'UnsupportedMediaType',
      ),
  },
  {
    title: 'an Accept that nobody serves is NotAcceptable',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps'), undefined, { accept: 'application/xml' }),
        406,
        'NotAcceptable',
      ),
  },
  {
    title: 'a YAML body is read as well as JSON',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call(
        'POST',
        w.core('configmaps'),
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: "1"\n`,
        { contentType: 'application/yaml' },
      );
      expect(answer).toMatchObject({ code: 201, body: { data: { a: '1' } } });
    },
  },
  {
    title: 'a method that a collection lacks is MethodNotAllowed',
    run: async (w) =>
      expectFailure(await w.api.call('PUT', w.core('configmaps'), w.configMap('x')), 405, 'MethodNotAllowed'),
  },
  {
    title: 'the selector of a Deployment cannot change',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.apps('deployments'), w.deployment(name));
      const spec = created['spec'] as object;
      const answer = await w.api.call('PUT', w.apps('deployments', name), {
        ...ofAnyVersion(created),
        spec: { ...spec, selector: { matchLabels: { app: 'other' } } },
      });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('field is immutable');
    },
  },
  {
    title: 'a selector that its template does not match is Invalid',
    run: async (w) => {
      const object = w.deployment(w.name(), { selector: { matchLabels: { app: 'other' } } });
      const answer = await w.api.call('POST', w.apps('deployments'), object);
      expectFailure(answer, 422, 'Invalid');
      expect(JSON.stringify(at(answer.body, 'details', 'causes'))).toContain(
        '`selector` does not match template `labels`',
      );
    },
  },
  {
    title: 'an immutable ConfigMap cannot change its data',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), { ...w.configMap(name), immutable: true });
      const answer = await w.merge(w.core('configmaps', name), { data: { a: '2' } });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('field is immutable when `immutable` is set');
    },
  },
  {
    title: 'the type of a Secret cannot change',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name } });
      const answer = await w.merge(w.core('secrets', name), { type: 'other/type' });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('type: Invalid value: "other/type": field is immutable');
    },
  },
  {
    title: 'the cluster IP of a Service cannot change',
    run: async (w) => {
      const name = w.name('s');
      await w.given(w.core('services'), {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { ports: [{ port: 80 }] },
      });
      const answer = await w.merge(w.core('services', name), { spec: { clusterIP: '10.96.77.77' } });
      expectFailure(answer, 422, 'Invalid');
    },
  },
  {
    title: 'a Deployment without containers is Invalid with a Required cause',
    run: async (w) => {
      const name = w.name();
      const object = w.deployment(name, {
        template: { metadata: { labels: { app: name } }, spec: { containers: [] } },
      });
      expectFailure(await w.api.call('POST', w.apps('deployments'), object), 422, 'Invalid', {
        details: { causes: [{ reason: 'FieldValueRequired', field: 'spec.template.spec.containers' }] },
      });
    },
  },
];
