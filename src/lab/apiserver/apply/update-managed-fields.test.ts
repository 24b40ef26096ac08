import { describe, expect, it } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../../../kube/index.ts';
import { builtinSchema } from '../../../kube/schema/index.ts';
import { thing, thingSchema } from './apply.fixture.ts';
import { FieldSet } from './field-set.ts';
import { updateManagedFields } from './update-managed-fields.ts';

const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:01:00Z';

function record(before: KubeObject | undefined, after: KubeObject, manager: string, time = T0): ManagedFieldsEntry[] {
  return updateManagedFields({ before, after, manager, schema: thingSchema, time });
}

function stored(before: KubeObject | undefined, after: KubeObject, manager: string, time = T0): KubeObject {
  return { ...after, metadata: { ...after.metadata, managedFields: record(before, after, manager, time) } };
}

describe('updateManagedFields', () => {
  it('gives everything but the identity of a new object to its creator', () => {
    const entries = record(undefined, thing({ replicas: 1 }, { uid: 'u', labels: { a: 'b' } }), 'kubectl-create');
    expect(entries).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'test/v1',
        time: T0,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } }, 'f:spec': { '.': {}, 'f:replicas': {} } },
      },
    ]);
  });

  it('moves a changed field to the writer and leaves the rest where it was', () => {
    const before = stored(undefined, thing({ replicas: 1, image: 'a' }), 'creator');
    const [one, two] = record(before, { ...before, spec: { replicas: 2, image: 'a' } }, 'scaler', T1);
    expect(one).toMatchObject({ manager: 'creator', time: T0, fieldsV1: { 'f:spec': { '.': {}, 'f:image': {} } } });
    expect(two).toMatchObject({ manager: 'scaler', time: T1, fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
  });

  it('takes a removed field from whoever owned it, and an empty claim from the list', () => {
    const before = stored(stored(undefined, thing({ replicas: 1 }), 'a'), thing({ replicas: 1, image: 'x' }), 'b', T1);
    expect(record(before, thing({ replicas: 1 }), 'c').map((e) => e.manager)).toEqual(['a']);
  });

  it('keeps the time of a manager whose write changes nothing', () => {
    const before = stored(undefined, thing({ replicas: 1 }), 'a');
    expect(record(before, before, 'a', T1)).toEqual(before.metadata.managedFields);
  });

  it('keeps what the object had when a client sends no managed fields, and forgets all when it sends an empty list', () => {
    const before = stored(undefined, thing({ replicas: 1 }), 'a');
    expect(record(before, thing({ replicas: 1 }), 'b')).toEqual(before.metadata.managedFields);
    expect(record(before, thing({ replicas: 1 }, { managedFields: [] }), 'b')).toEqual([]);
  });

  it('keeps writes to a subresource apart and honours the fields that it may not write', () => {
    const before = stored(undefined, thing({ replicas: 1 }), 'a');
    const entries = updateManagedFields({
      before,
      after: { ...before, spec: { replicas: 2 }, status: { ready: true } },
      manager: 'a',
      schema: thingSchema,
      time: T1,
      subresource: 'status',
      resetFields: FieldSet.of(['f:spec']),
    });
    expect(entries.map((e) => [e.manager, e.subresource, e.fieldsV1])).toEqual([
      ['a', undefined, { 'f:spec': { '.': {}, 'f:replicas': {} } }],
      ['a', 'status', { 'f:status': { '.': {}, 'f:ready': {} } }],
    ]);
  });

  it('merges the oldest of more than ten updaters', () => {
    let object = stored(undefined, thing({ replicas: 0 }), 'm00');
    for (let i = 1; i <= 11; i++) {
      const name = `m${String(i).padStart(2, '0')}`;
      const spec = {
        ...(object['spec'] as object),
        config: { ...(object['spec'] as { config?: object }).config, [name]: 'x' },
      };
      object = stored(object, { ...object, spec }, name, `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`);
    }
    const managers = (object.metadata.managedFields ?? []).map((e) => e.manager);
    expect(managers).toHaveLength(10);
    expect(managers[0]).toBe('ancient-changes');
  });

  it('leaves structs that a built-in kind always has without an owner of their own', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        replicas: 1,
        strategy: { rollingUpdate: { maxSurge: 1 } },
        template: { spec: { containers: [{ name: 'c', resources: {} }] } },
      },
    };
    const schema = builtinSchema('apps/v1', 'Deployment');
    const [entry] = updateManagedFields({ before: undefined, after: deployment, manager: 'm', schema, time: T0 });
    expect(entry?.fieldsV1).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} } },
        'f:template': {
          'f:spec': { 'f:containers': { '.': {}, 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:resources': {} } } },
        },
      },
    });
  });
});
