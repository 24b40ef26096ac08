import { describe, expect, it } from 'vitest';
import { customResourceValidator } from './custom-resource-validator.ts';
import { formatFieldError } from './field-error.ts';
import type { StructuralSchema, ValidationRule } from './structural-schema.ts';

const withRules = (rules: ValidationRule[], properties: Record<string, StructuralSchema>): StructuralSchema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': rules } },
});

async function errorsOf(schema: StructuralSchema, object: unknown, old?: unknown): Promise<string[]> {
  const validator = await customResourceValidator(schema);
  return validator.validate(object, old).map(formatFieldError);
}

describe('customResourceValidator', () => {
  const bounded = withRules([{ rule: 'self.min <= self.max', message: 'min must not exceed max' }], {
    min: { type: 'integer' },
    max: { type: 'integer' },
  });

  it('checks CEL rules and reports their message on the place of the rule', async () => {
    expect(await errorsOf(bounded, { spec: { min: 3, max: 2 } })).toEqual([
      'spec: Invalid value: "object": min must not exceed max',
    ]);
    expect(await errorsOf(bounded, { spec: { min: 1, max: 2 } })).toEqual([]);
  });

  it('names the rule when it has no message, and computes messageExpression', async () => {
    const bare = withRules([{ rule: 'self.n > 0' }], { n: { type: 'integer' } });
    expect(await errorsOf(bare, { spec: { n: 0 } })).toEqual([
      'spec: Invalid value: "object": failed rule: self.n > 0',
    ]);
    const computed = withRules([{ rule: 'self.n > 0', messageExpression: '"n is " + string(self.n)' }], {
      n: { type: 'integer' },
    });
    expect(await errorsOf(computed, { spec: { n: 0 } })).toEqual(['spec: Invalid value: "object": n is 0']);
  });

  it('reports a key that a rule misses', async () => {
    expect(await errorsOf(bounded, { spec: { min: 3 } })).toEqual([
      'spec: Invalid value: "object": no such key: max evaluating rule: min must not exceed max',
    ]);
  });

  it('runs transition rules on updates only, where the old value can be found', async () => {
    const schema: StructuralSchema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            id: {
              type: 'string',
              'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'id is immutable' }],
            },
          },
        },
      },
    };
    expect(await errorsOf(schema, { spec: { id: 'b' } })).toEqual([]);
    expect(await errorsOf(schema, { spec: { id: 'b' } }, { spec: {} })).toEqual([]);
    expect(await errorsOf(schema, { spec: { id: 'b' } }, { spec: { id: 'a' } })).toEqual([
      'spec.id: Invalid value: "string": id is immutable',
    ]);
  });

  it('follows items of map lists by key for transition rules', async () => {
    const schema = withRules([], {
      pool: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['ip'],
        items: {
          type: 'object',
          properties: { ip: { type: 'string' }, host: { type: 'string' } },
          'x-kubernetes-validations': [{ rule: 'self.host == oldSelf.host', message: 'host is immutable' }],
        },
      },
    });
    const old = {
      spec: {
        pool: [
          { ip: '1', host: 'a' },
          { ip: '2', host: 'b' },
        ],
      },
    };
    expect(
      await errorsOf(
        schema,
        {
          spec: {
            pool: [
              { ip: '2', host: 'x' },
              { ip: '1', host: 'a' },
            ],
          },
        },
        old,
      ),
    ).toEqual(['spec.pool[0]: Invalid value: "object": host is immutable']);
  });

  it('honours reason and fieldPath of a rule', async () => {
    const schema = withRules(
      [{ rule: 'has(self.id)', message: 'say which', reason: 'FieldValueRequired', fieldPath: '.id' }],
      {
        id: { type: 'string' },
      },
    );
    expect(await errorsOf(schema, { spec: {} })).toEqual(['spec.id: Required value: say which']);
  });

  it('escapes field names that CEL cannot write', async () => {
    const schema = withRules([{ rule: 'self.x__dash__y == "v" && self.__namespace__ == "n"' }], {
      'x-y': { type: 'string' },
      namespace: { type: 'string' },
    });
    expect(await errorsOf(schema, { spec: { 'x-y': 'v', namespace: 'n' } })).toEqual([]);
  });

  it('leaves CEL rules aside when the shape is wrong, and says so', async () => {
    const errors = await errorsOf(bounded, { spec: { min: 'x', max: 2 } });
    expect(errors).toHaveLength(2);
    expect(errors[1]).toBe(
      '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    );
  });

  it('tolerates what an update leaves as it was', async () => {
    const schema: StructuralSchema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { a: { type: 'string', enum: ['x'] }, b: { type: 'string' } } },
      },
    };
    expect(await errorsOf(schema, { spec: { a: 'old', b: '2' } }, { spec: { a: 'old', b: '1' } })).toEqual([]);
    expect(await errorsOf(schema, { spec: { a: 'new', b: '1' } }, { spec: { a: 'old', b: '1' } })).toHaveLength(1);
  });

  it('knows the fields of ObjectMeta and names those that nobody declares', async () => {
    const validator = await customResourceValidator(bounded);
    const object = {
      apiVersion: 'x/v1',
      kind: 'X',
      metadata: { name: 'a', labels: { q: 'r' }, lables: {} },
      spec: { min: 1, max: 2, mx: 3 },
      status: {},
    };
    expect(validator.unknownFields(object)).toEqual(['metadata.lables', 'spec.mx', 'status']);
    expect(validator.prune(object)).toEqual({
      apiVersion: 'x/v1',
      kind: 'X',
      metadata: { name: 'a', labels: { q: 'r' } },
      spec: { min: 1, max: 2 },
    });
    expect(object.spec.mx).toBe(3);
  });
});
