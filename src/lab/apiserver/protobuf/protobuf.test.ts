import { Writer } from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { fieldAt } from '../../../kube/index.ts';
import { decodeProtobuf } from './index.ts';

type Fields = (writer: Writer) => void;

function message(fields: Fields): Uint8Array {
  const writer = Writer.create();
  fields(writer);
  return writer.finish();
}

const text = (writer: Writer, number: number, value: string): Writer => writer.uint32((number << 3) | 2).string(value);
const bytes = (writer: Writer, number: number, value: Uint8Array): Writer =>
  writer.uint32((number << 3) | 2).bytes(value);
const varint = (writer: Writer, number: number, value: number): Writer => writer.uint32(number << 3).int64(value);

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const type = message((w) => text(text(w, 1, apiVersion), 2, kind));
  const unknown = message((w) => bytes(bytes(w, 1, type), 2, raw));
  return Buffer.concat([Buffer.from('k8s\0', 'latin1'), unknown]);
}

describe('protobuf bodies', () => {
  it('decode into the JSON of the same object, without the zero values that JSON leaves out', () => {
    const metadata = message((w) => {
      text(text(w, 1, 'web'), 2, '');
      bytes(
        w,
        8,
        message(() => undefined),
      );
      bytes(
        w,
        11,
        message((m) => text(text(m, 1, 'app'), 2, 'web')),
      );
      varint(w, 7, 0);
    });
    const probe = message((w) => {
      const port = message((p) => varint(text(varint(p, 1, 1), 3, 'http'), 2, 0));
      const get = message((g) => bytes(text(g, 1, '/ready'), 2, port));
      bytes(
        w,
        1,
        message((h) => bytes(h, 2, get)),
      );
      varint(w, 4, 7);
    });
    const container = message((w) => {
      bytes(text(text(w, 1, 'main'), 2, 'nginx'), 11, probe);
      const amount = message((q) => text(q, 1, '100m'));
      const limit = message((m) => bytes(text(m, 1, 'cpu'), 2, amount));
      bytes(
        w,
        8,
        message((r) => bytes(r, 1, limit)),
      );
    });
    const template = message((w) =>
      bytes(
        w,
        2,
        message((p) => bytes(p, 2, container)),
      ),
    );
    // replicas is a pointer: its zero stays.
    const spec = message((w) => bytes(varint(w, 1, 0), 3, template));
    const raw = message((w) => bytes(bytes(w, 1, metadata), 2, spec));
    expect(decodeProtobuf(envelope('apps/v1', 'Deployment', raw))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        template: {
          spec: {
            containers: [
              {
                name: 'main',
                image: 'nginx',
                livenessProbe: undefined,
                readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 7 },
                resources: { limits: { cpu: '100m' } },
              },
            ],
          },
        },
      },
    });
  });

  it('keep the bytes of Secrets as base64', () => {
    const entry = message((m) => bytes(text(m, 1, 'key'), 2, Buffer.from([0, 255])));
    const raw = message((w) => bytes(w, 2, entry));
    expect(decodeProtobuf(envelope('v1', 'Secret', raw))).toMatchObject({ data: { key: 'AP8=' } });
  });

  it('read DeleteOptions whatever group they come under', () => {
    const raw = message((w) => varint(text(w, 4, 'Foreground'), 1, 0));
    expect(decodeProtobuf(envelope('apps/v1', 'DeleteOptions', raw))).toMatchObject({
      propagationPolicy: 'Foreground',
      gracePeriodSeconds: 0,
    });
  });

  it('read the schemas of custom resource definitions, with what may be one thing or another', () => {
    const property = (name: string, schema: Uint8Array): Uint8Array =>
      message((m) => bytes(text(m, 1, name), 2, schema));
    const json = (value: unknown): Uint8Array => message((m) => bytes(m, 1, Buffer.from(JSON.stringify(value))));
    const typed = (type: string): Uint8Array => message((m) => text(m, 5, type));
    const size = message((m) => {
      bytes(text(m, 5, 'integer'), 8, json(2));
      bytes(bytes(m, 20, json(2)), 20, json(3));
    });
    const list = message((m) =>
      bytes(
        text(m, 5, 'array'),
        24,
        message((i) => bytes(i, 1, typed('string'))),
      ),
    );
    const map = message((m) =>
      bytes(
        text(m, 5, 'object'),
        30,
        message((a) => bytes(varint(a, 1, 1), 2, typed('boolean'))),
      ),
    );
    const closed = message((m) =>
      bytes(
        text(m, 5, 'object'),
        30,
        message((a) => varint(a, 1, 0)),
      ),
    );
    const schema = message((m) => {
      text(text(m, 5, 'object'), 23, 'size');
      for (const [name, value] of Object.entries({ size, list, map, closed })) bytes(m, 29, property(name, value));
    });
    const version = message((m) =>
      bytes(
        varint(text(m, 1, 'v1'), 2, 1),
        4,
        message((v) => bytes(v, 1, schema)),
      ),
    );
    const raw = message((m) =>
      bytes(
        m,
        2,
        message((s) => bytes(text(s, 1, 'example.com'), 7, version)),
      ),
    );
    const crd = decodeProtobuf(envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', raw));
    expect(crd).toMatchObject({ spec: { group: 'example.com', versions: [{ name: 'v1', served: true }] } });
    expect(fieldAt(crd, 'spec', 'versions', '0', 'schema', 'openAPIV3Schema')).toEqual({
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', default: 2, enum: [2, 3] },
        list: { type: 'array', items: { type: 'string' } },
        map: { type: 'object', additionalProperties: { type: 'boolean' } },
        closed: { type: 'object', additionalProperties: false },
      },
    });
  });

  it('are refused when the kind is not known or the bytes end early', () => {
    expect(() => decodeProtobuf(envelope('example.com/v1', 'Widget', Buffer.alloc(0)))).toThrow('cannot be read');
    const cut = envelope(
      'v1',
      'Secret',
      message((w) => text(w, 3, 'Opaque')),
    ).subarray(0, -2);
    expect(() => decodeProtobuf(cut)).toThrow('unexpected end');
    expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('k8s envelope');
  });
});
