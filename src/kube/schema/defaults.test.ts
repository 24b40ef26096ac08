import { describe, expect, it } from 'vitest';
import { applyDefaults } from './defaults.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { pruneUnknownFields } from './unknown-fields.ts';

const schema: StructuralSchema = {
  type: 'object',
  properties: {
    replicas: { type: 'integer', default: 1 },
    note: { type: 'string', nullable: true, default: 'x' },
    plain: { type: 'string' },
    strategy: { type: 'object', properties: { type: { type: 'string', default: 'RollingUpdate' } } },
    rollout: { type: 'object', default: {}, properties: { maxSurge: { type: 'integer', default: 1 } } },
    disks: { type: 'array', items: { type: 'object', properties: { format: { type: 'string', default: 'xfs' } } } },
    extra: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { k: { type: 'object', properties: {} } },
    },
  },
};

describe('applyDefaults', () => {
  it('fills missing fields, also inside defaults and list items, but makes no objects of its own', () => {
    expect(applyDefaults(schema, { disks: [{}, { format: 'ext4' }] })).toEqual({
      replicas: 1,
      note: 'x',
      rollout: { maxSurge: 1 },
      disks: [{ format: 'xfs' }, { format: 'ext4' }],
    });
    expect(applyDefaults(schema, { strategy: {} })).toMatchObject({ strategy: { type: 'RollingUpdate' } });
  });

  it('replaces a null by the default, drops it without one, keeps it where it is allowed', () => {
    const result = applyDefaults(schema, { replicas: null, note: null, plain: null });
    expect(result).toMatchObject({ replicas: 1, note: null });
    expect(Object.hasOwn(result, 'plain')).toBe(false);
  });

  it('gives every object its own copy of a default', () => {
    const one: { rollout?: { maxSurge: number } } = applyDefaults(schema, {});
    if (one.rollout !== undefined) one.rollout.maxSurge = 9;
    expect(applyDefaults(schema, {})).toMatchObject({ rollout: { maxSurge: 1 } });
  });
});

describe('pruneUnknownFields', () => {
  it('drops undeclared fields, keeps what preserves unknown fields, and prunes declared parts of it', () => {
    const { object, dropped } = pruneUnknownFields(schema, {
      replicas: 2,
      bogus: 1,
      extra: { any: { thing: 1 }, k: { gone: 1 } },
    });
    expect(object).toEqual({ replicas: 2, extra: { any: { thing: 1 }, k: {} } });
    expect(dropped).toEqual(['bogus', 'extra.k.gone']);
  });
});
