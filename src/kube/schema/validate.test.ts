import { describe, expect, it } from 'vitest';
import { formatFieldError, formatFieldErrors } from './field-error.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { validateSchema } from './validate.ts';

const texts = (schema: StructuralSchema, value: unknown): string[] =>
  validateSchema(schema, value).map(formatFieldError);
const spec = (properties: Record<string, StructuralSchema>, required: string[] = []): StructuralSchema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, required } },
});

describe('validateSchema', () => {
  it('names a required field that is missing, inside lists too', () => {
    const schema = spec(
      { pool: { type: 'array', items: { type: 'object', required: ['ip'], properties: { ip: { type: 'string' } } } } },
      ['pool'],
    );
    expect(texts(schema, { spec: {} })).toEqual(['spec.pool: Required value']);
    expect(texts(schema, { spec: { pool: [{ ip: 'a' }, {}] } })).toEqual(['spec.pool[1].ip: Required value']);
  });

  it('words a wrong type as the API server does', () => {
    const schema = spec({ replicas: { type: 'integer', format: 'int32' } });
    expect(texts(schema, { spec: { replicas: 'three' } })).toEqual([
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ]);
    expect(texts(schema, { spec: { replicas: 1.5 } })).toEqual([
      'spec.replicas: Invalid value: "number": spec.replicas in body must be of type integer: "number"',
    ]);
    expect(validateSchema(schema, { spec: { replicas: null } })[0]?.reason).toBe('FieldValueTypeInvalid');
  });

  it('takes null only where the schema says nullable', () => {
    expect(texts(spec({ a: { type: 'string', nullable: true } }), { spec: { a: null } })).toEqual([]);
    expect(texts(spec({ a: { type: 'string' } }), { spec: { a: null } })).toEqual([
      'spec.a: Invalid value: "null": spec.a in body must be of type string: "null"',
    ]);
  });

  it('lists the supported values of an enum', () => {
    const schema = spec({ format: { type: 'string', enum: ['cloud-config', 'ignition'] } });
    expect(texts(schema, { spec: { format: 'cloud-init' } })).toEqual([
      'spec.format: Unsupported value: "cloud-init": supported values: "cloud-config", "ignition"',
    ]);
  });

  it('checks patterns, lengths, ranges and formats', () => {
    const schema = spec({
      name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
      port: { type: 'integer', minimum: 1, maximum: 65535 },
      share: { type: 'number', minimum: 0, exclusiveMinimum: true },
      ip: { type: 'string', format: 'ipv4' },
    });
    expect(texts(schema, { spec: { name: 'A', port: 0, share: 0, ip: '10.0.0' } })).toEqual([
      'spec.name: Invalid value: "A": spec.name in body should be at least 2 chars long',
      `spec.name: Invalid value: "A": spec.name in body should match '^[a-z]+$'`,
      'spec.port: Invalid value: 0: spec.port in body should be greater than or equal to 1',
      'spec.share: Invalid value: 0: spec.share in body should be greater than 0',
      'spec.ip: Invalid value: "10.0.0": spec.ip in body must be of type ipv4: "10.0.0"',
    ]);
    expect(texts(schema, { spec: { name: 'abcde', port: 70000 } })).toEqual([
      'spec.name: Too long: may not be more than 4 bytes',
      'spec.port: Invalid value: 70000: spec.port in body should be less than or equal to 65535',
    ]);
  });

  it('takes integers and strings where the schema is int-or-string', () => {
    const schema = spec({ maxSurge: { 'x-kubernetes-int-or-string': true } });
    expect(texts(schema, { spec: { maxSurge: 1 } })).toEqual([]);
    expect(texts(schema, { spec: { maxSurge: '25%' } })).toEqual([]);
    expect(texts(schema, { spec: { maxSurge: true } })).toEqual([
      'spec.maxSurge: Invalid value: "boolean": spec.maxSurge in body must be of type integer,string: "boolean"',
    ]);
  });

  it('counts the items of lists and the properties of maps', () => {
    const schema = spec({
      servers: { type: 'array', maxItems: 2, items: { type: 'string' } },
      dns: { type: 'array', minItems: 1, items: { type: 'string' } },
      labels: { type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } },
    });
    expect(texts(schema, { spec: { servers: ['a', 'b', 'c'], dns: [], labels: { a: '1', b: '2' } } })).toEqual([
      'spec.servers: Too many: 3: must have at most 2 items',
      'spec.dns: Invalid value: 0: spec.dns in body should have at least 1 items',
      'spec.labels: Too many: 2: must have at most 1 items',
    ]);
  });

  it('reports the first repetition of a key in a map list and of an item in a set', () => {
    const schema = spec({
      conditions: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
        items: { type: 'object' },
      },
      names: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    });
    const twice = {
      spec: { conditions: [{ type: 'Ready' }, { type: 'Ready' }, { type: 'Ready' }], names: ['a', 'b', 'a'] },
    };
    expect(texts(schema, twice)).toEqual([
      'spec.conditions[1]: Duplicate value: map[string]interface {}{"type":"Ready"}',
      'spec.names[2]: Duplicate value: "a"',
    ]);
  });

  it('checks anyOf, oneOf and not', () => {
    const schema = spec({
      either: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      some: { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    });
    expect(texts(schema, { spec: { either: { a: 1, b: 2 }, some: { a: 1, b: 2 } } })).toEqual([
      '<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]);
    expect(texts(schema, { spec: { some: {} } })).toEqual([
      '<nil>: Invalid value: "": "spec.some" must validate at least one schema (anyOf)',
      'spec.some.a: Required value',
    ]);
  });

  it('joins several errors in brackets and prints the same text once', () => {
    const errors = validateSchema(spec({}, ['a', 'b']), { spec: {} });
    expect(formatFieldErrors([...errors, ...errors])).toBe('[spec.a: Required value, spec.b: Required value]');
  });

  it('treats fields named like object methods as ordinary fields', () => {
    expect(
      texts(spec(Object.fromEntries([['constructor', { type: 'string' }]])), { spec: { constructor: 1 } }),
    ).toHaveLength(1);
    expect(texts(spec({}), { spec: { constructor: 1 } })).toEqual([]);
  });
});

describe('an embedded resource', () => {
  it('says what it is', () => {
    const schema: StructuralSchema = { type: 'object', 'x-kubernetes-embedded-resource': true };
    expect(validateSchema(schema, { kind: 'Pod' }, 'spec.x')).toEqual([
      { reason: 'FieldValueRequired', field: 'spec.x.apiVersion', message: 'Required value: must not be empty' },
    ]);
  });
});
