import { describe, expect, it } from 'vitest';
import { KubeApiError, type KubeObject } from '../../../kube/index.ts';
import { thing, thingSchema } from './apply.fixture.ts';
import { LAST_APPLIED } from './last-applied.ts';
import { serverSideApply } from './server-side-apply.ts';
import { updateManagedFields } from './update-managed-fields.ts';

const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:01:00Z';

interface Options {
  readonly manager?: string;
  readonly force?: boolean;
  readonly time?: string;
}

function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  { manager = 'one', force = false, time = T0 }: Options = {},
): KubeObject {
  return serverSideApply({ live, applied, manager, force, schema: thingSchema, time });
}

/** What a client stores with PUT, managed fields brought up to date. */
function update(before: KubeObject | undefined, after: KubeObject, manager: string, time = T0): KubeObject {
  const managedFields = updateManagedFields({ before, after, manager, schema: thingSchema, time });
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

function conflictOf(run: () => unknown): KubeApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof KubeApiError) return error;
    throw error;
  }
  throw new Error('no conflict');
}

const ownersOf = (object: KubeObject): Record<string, unknown> =>
  Object.fromEntries((object.metadata.managedFields ?? []).map((e) => [e.manager, e.fieldsV1]));

describe('serverSideApply', () => {
  it('creates the object with what is applied and records its fields', () => {
    const object = apply(
      undefined,
      thing({ replicas: 1, containers: [{ name: 'x', image: 'i' }], tags: ['t'], config: { k: 'v' } }),
    );
    expect(object).toMatchObject({ spec: { replicas: 1, containers: [{ name: 'x', image: 'i' }] } });
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'test/v1',
        time: T0,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:config': { 'f:k': {} },
            'f:containers': { 'k:{"name":"x"}': { '.': {}, 'f:image': {}, 'f:name': {} } },
            'f:replicas': {},
            'f:tags': { 'v:"t"': {} },
          },
        },
      },
    ]);
  });

  it('refuses to change the field of another manager, in the words of the API server', () => {
    const live = update(undefined, thing({ replicas: 1, image: 'a' }), 'kubectl-edit');
    const error = conflictOf(() => apply(live, thing({ replicas: 2 })));
    expect(error.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using test/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-edit" using test/v1',
            field: '.spec.replicas',
          },
        ],
      },
    });
  });

  it('lists several conflicts by manager, items of map lists by their key', () => {
    const live = apply(undefined, thing({ replicas: 1, containers: [{ name: 'x', image: 'a' }] }), { manager: 'two' });
    const error = conflictOf(() => apply(live, thing({ replicas: 2, containers: [{ name: 'x', image: 'b' }] })));
    expect(error.status.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "two":\n- .spec.replicas\n- .spec.containers[name="x"].image',
    );
  });

  it('takes fields over by force', () => {
    const live = update(undefined, thing({ replicas: 1, image: 'a' }), 'editor');
    const object = apply(live, thing({ replicas: 2 }), { force: true, time: T1 });
    expect(object['spec']).toEqual({ replicas: 2, image: 'a' });
    expect(ownersOf(object)).toEqual({
      one: { 'f:spec': { 'f:replicas': {} } },
      editor: { 'f:spec': { '.': {}, 'f:image': {} } },
    });
  });

  it('shares a field that both managers state alike', () => {
    const live = apply(undefined, thing({ replicas: 1 }), { manager: 'two' });
    const object = apply(live, thing({ replicas: 1 }));
    expect(Object.keys(ownersOf(object)).sort()).toEqual(['one', 'two']);
  });

  it('removes what its manager drops, but for what another owns', () => {
    const first = apply(undefined, thing({ replicas: 1, image: 'a', config: { k: 'v', s: 'w' }, nested: { a: '1' } }));
    const both = apply(first, thing({ config: { s: 'w' } }), { manager: 'two' });
    const object = apply(both, thing({ replicas: 1 }));
    expect(object['spec']).toEqual({ replicas: 1, config: { s: 'w' } });
  });

  it('removes items of lists that it drops and keeps those of others', () => {
    const mine = apply(undefined, thing({ containers: [{ name: 'x', image: 'i' }, { name: 'y' }], tags: ['a', 'b'] }));
    const both = apply(mine, thing({ containers: [{ name: 'z' }], tags: ['c'] }), { manager: 'two' });
    expect(both['spec']).toMatchObject({ tags: ['a', 'b', 'c'] });
    const object = apply(both, thing({ containers: [{ name: 'y' }], tags: ['b'] }));
    expect(object['spec']).toEqual({ containers: [{ name: 'y' }, { name: 'z' }], tags: ['b', 'c'] });
  });

  it('leaves the claim on a list that it empties to the manager that created the list', () => {
    const live = update(undefined, thing({ tags: ['a'] }), 'creator');
    const mine = apply(live, thing({ tags: ['a', 'b'] }));
    const taken = apply(update(mine, thing({ tags: ['b'] }), 'creator'), thing({}));
    expect(taken['spec']).toEqual({});
    expect(ownersOf(taken)['creator']).toEqual({ 'f:spec': { '.': {}, 'f:tags': {} } });
  });

  it('replaces atomic lists and maps as one', () => {
    const live = apply(undefined, thing({ args: ['a', 'b'], selector: { k: 'v' } }));
    expect(ownersOf(live)['one']).toEqual({ 'f:spec': { 'f:args': {}, 'f:selector': {} } });
    expect(apply(live, thing({ args: ['c'], selector: { q: 'r' } }))['spec']).toEqual({
      args: ['c'],
      selector: { q: 'r' },
    });
  });

  it('keeps fields that it never owned', () => {
    const live = update(
      apply(undefined, thing({ replicas: 1 })),
      thing({ replicas: 1, nested: { b: 'x' } }),
      'controller',
    );
    const object = apply(live, thing({ nested: { a: 'y' } }));
    expect(object['spec']).toEqual({ nested: { a: 'y', b: 'x' } });
  });

  it('does not touch the time of an apply that changes nothing', () => {
    const live = apply(undefined, thing({ replicas: 1 }));
    const object = apply(live, thing({ replicas: 1 }), { time: T1 });
    expect(object).toEqual(live);
  });

  it('lets items of a map list leave out a key that has a default', () => {
    const live = apply(undefined, thing({ containers: [{ name: 'x', ports: [{ port: 80, protocol: 'TCP' }] }] }));
    const object = apply(live, thing({ containers: [{ name: 'x', ports: [{ port: 80, name: 'http' }] }] }));
    expect(object['spec']).toMatchObject({ containers: [{ ports: [{ port: 80, name: 'http' }] }] });
    expect((object['spec'] as { containers: { ports: unknown[] }[] }).containers[0]?.ports).toHaveLength(1);
  });

  it('refuses map lists with a missing or repeated key', () => {
    expect(conflictOf(() => apply(undefined, thing({ containers: [{ image: 'x' }] }))).status.message).toBe(
      `failed to create typed patch object (ns/a; test/v1, Kind=Thing): .spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`,
    );
    expect(
      conflictOf(() => apply(undefined, thing({ containers: [{ name: 'x' }, { name: 'x' }] }))).status.message,
    ).toContain('.spec.containers: duplicate entries for key [name="x"]');
  });

  it('refuses managed fields in the configuration', () => {
    expect(conflictOf(() => apply(undefined, thing({}, { managedFields: [] }))).status).toMatchObject({
      code: 400,
      message: 'metadata.managedFields must be nil',
    });
  });

  it('gives what an untracked object has to before-first-apply', () => {
    const error = conflictOf(() => apply(thing({ replicas: 1 }, { uid: 'u' }), thing({ replicas: 2 })));
    expect(error.status.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using test/v1: .spec.replicas',
    );
  });

  it('forgives kubectl what its client-side apply stated, and keeps the annotation true', () => {
    const annotation = JSON.stringify(thing({ replicas: 1, image: 'a' }));
    const live = update(
      undefined,
      thing({ replicas: 1, image: 'edited' }, { annotations: { [LAST_APPLIED]: annotation } }),
      'kubectl-client-side-apply',
    );
    const object = apply(live, thing({ replicas: 5 }), { manager: 'kubectl' });
    expect(object['spec']).toEqual({ replicas: 5, image: 'edited' });
    expect(JSON.parse(object.metadata.annotations?.[LAST_APPLIED] ?? '')).toMatchObject({ spec: { replicas: 5 } });
    expect(() => apply(live, thing({ image: 'b' }), { manager: 'kubectl' })).toThrow(/\.spec\.image/);
    expect(() => apply(live, thing({ replicas: 5 }), { manager: 'other' })).toThrow(/\.spec\.replicas/);
  });

  it('works without a schema: maps by field, lists as one', () => {
    const make = (live: KubeObject | undefined, spec: Record<string, unknown>): KubeObject =>
      serverSideApply({ live, applied: thing(spec), manager: 'm', force: false, schema: undefined, time: T0 });
    const live = make(undefined, { a: { b: 1 }, list: [{ name: 'x' }] });
    expect(make(live, { list: [{ name: 'y' }] })['spec']).toEqual({ list: [{ name: 'y' }] });
  });
});
