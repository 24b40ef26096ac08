import { Writer } from 'protobufjs';
import { expect } from 'vitest';
import { at, expectFailure, textAt, type ContractCase, type World } from '../contract-case.ts';
import type { Answer } from '../api-connection.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

type Fields = (writer: Writer) => unknown;

/** One message; its fields by the helpers below. */
function message(fields: Fields): Uint8Array {
  const writer = Writer.create();
  fields(writer);
  return writer.finish();
}

const text = (w: Writer, number: number, value: string): Writer => w.uint32((number << 3) | 2).string(value);
const part = (w: Writer, number: number, value: Fields | Uint8Array): Writer =>
  w.uint32((number << 3) | 2).bytes(typeof value === 'function' ? message(value) : value);
const varint = (w: Writer, number: number, value: number): Writer => w.uint32(number << 3).int64(value);

/** Kubernetes' envelope: a runtime.Unknown behind four bytes. */
function envelope(apiVersion: string, kind: string, raw: Fields): Buffer {
  const unknown = message((w) => {
    part(w, 1, (type) => text(text(type, 1, apiVersion), 2, kind));
    part(w, 2, raw);
  });
  return Buffer.concat([Buffer.from('k8s\0', 'latin1'), unknown]);
}

/** Metadata as Go writes it: with zero values for what is not set. */
const named = (name: string): Fields => {
  return (w) => {
    text(text(text(w, 1, name), 2, ''), 3, '');
    varint(w, 7, 0);
    part(w, 8, () => undefined);
  };
};

const send = (w: World, method: string, path: string, body: Buffer): Promise<Answer> =>
  w.api.call(method, path, body, { contentType: PROTOBUF });

export const protobufBodies: readonly ContractCase[] = [
  {
    title: 'a ConfigMap is read from protobuf, zero values left out and bytes in base64',
    run: async (w) => {
      const name = w.name();
      const body = envelope('v1', 'ConfigMap', (c) => {
        part(c, 1, named(name));
        part(c, 2, (entry) => text(text(entry, 1, 'a'), 2, '1'));
        part(c, 3, (entry) => part(text(entry, 1, 'raw'), 2, Uint8Array.of(0, 255)));
      });
      const answer = await send(w, 'POST', w.core('configmaps'), body);
      expect(answer).toMatchObject({ code: 201, body: { data: { a: '1' }, binaryData: { raw: 'AP8=' } } });
      expect(answer.body).not.toHaveProperty('immutable');
      expect(answer.body['metadata']).not.toHaveProperty('generateName');
    },
  },
  {
    title: 'a Lease keeps its microseconds, and a pointer to zero its zero',
    run: async (w) => {
      const name = w.name();
      const path = `/apis/coordination.k8s.io/v1/namespaces/${w.namespace}/leases`;
      const body = envelope('coordination.k8s.io/v1', 'Lease', (lease) => {
        part(lease, 1, named(name));
        part(lease, 2, (spec) => {
          varint(varint(text(spec, 1, 'me'), 2, 15), 5, 0);
          part(spec, 4, (time) => varint(varint(time, 1, 1_700_000_000), 2, 123_456_000));
        });
      });
      const answer = await send(w, 'POST', path, body);
      expect(answer.code).toBe(201);
      expect(answer.body['spec']).toEqual({
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        renewTime: '2023-11-14T22:13:20.123456Z',
      });
    },
  },
  {
    title: 'an EndpointSlice is read from protobuf',
    run: async (w) => {
      const name = w.name();
      const path = `/apis/discovery.k8s.io/v1/namespaces/${w.namespace}/endpointslices`;
      const body = envelope('discovery.k8s.io/v1', 'EndpointSlice', (slice) => {
        part(slice, 1, named(name));
        part(slice, 2, (endpoint) => {
          text(endpoint, 1, '10.0.0.1');
          part(endpoint, 2, (conditions) => varint(conditions, 1, 1));
        });
        part(slice, 3, (port) => varint(text(text(port, 1, 'http'), 2, 'TCP'), 3, 80));
        text(slice, 4, 'IPv4');
      });
      expect(await send(w, 'POST', path, body)).toMatchObject({
        code: 201,
        body: {
          addressType: 'IPv4',
          endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
          ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
        },
      });
    },
  },
  {
    title: 'amounts in protobuf become canonical, as in JSON',
    run: async (w) => {
      const name = w.name();
      const body = envelope('v1', 'ResourceQuota', (quota) => {
        part(quota, 1, named(name));
        part(quota, 2, (spec) =>
          part(spec, 1, (entry) => part(text(entry, 1, 'cpu'), 2, (amount) => text(amount, 1, '1500m'))),
        );
      });
      const answer = await send(w, 'POST', w.core('resourcequotas'), body);
      expect(answer).toMatchObject({ code: 201, body: { spec: { hard: { cpu: '1500m' } } } });
    },
  },
  {
    title: 'DeleteOptions are read from protobuf',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const options = envelope('v1', 'DeleteOptions', (o) => part(o, 2, (p) => text(p, 1, 'another-uid')));
      expectFailure(await send(w, 'DELETE', w.core('configmaps', name), options), 409, 'Conflict');
      expect((await w.api.call('GET', w.core('configmaps', name))).code).toBe(200);
    },
  },
  {
    title: 'a PUT in protobuf replaces the object',
    run: async (w) => {
      const name = w.name();
      const made = await w.given(w.core('configmaps'), w.configMap(name));
      const body = envelope('v1', 'ConfigMap', (c) => {
        part(c, 1, (m) => {
          named(name)(m);
          text(m, 6, textAt(made, 'metadata', 'resourceVersion'));
        });
        part(c, 2, (entry) => text(text(entry, 1, 'b'), 2, '2'));
      });
      const answer = await send(w, 'PUT', w.core('configmaps', name), body);
      expect(answer).toMatchObject({ code: 200, body: { data: { b: '2' } } });
      expect(at(answer.body, 'data', 'a')).toBeUndefined();
    },
  },
  {
    title: 'a protobuf body without the envelope is BadRequest',
    run: async (w) =>
      expectFailure(await send(w, 'POST', w.core('configmaps'), Buffer.from('nothing of the kind')), 400, 'BadRequest'),
  },
  {
    title: 'an object of another kind in protobuf is BadRequest',
    run: async (w) => {
      const body = envelope('v1', 'Secret', (s) => part(s, 1, named(w.name())));
      expectFailure(await send(w, 'POST', w.core('configmaps'), body), 400, 'BadRequest');
    },
  },
  {
    title: 'a patch in a form that nobody knows is UnsupportedMediaType',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call('PATCH', w.core('configmaps', name), '{}', { contentType: PROTOBUF });
      expectFailure(answer, 415, 'UnsupportedMediaType', { message: '415: Unsupported Media Type' });
    },
  },
];
