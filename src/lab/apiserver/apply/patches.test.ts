import { describe, expect, it } from 'vitest';
import { KubeApiError } from '../../../kube/index.ts';
import type { StructuralSchema } from '../../../kube/schema/index.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof KubeApiError ? error.status.code : -1;
  }
  return undefined;
}

describe('applyJsonPatch', () => {
  const object = { a: { 'b/c': 1 }, list: ['x', 'y'] };

  it('adds, removes, replaces, moves, copies and tests', () => {
    const patched = applyJsonPatch(object, [
      { op: 'test', path: '/a/b~1c', value: 1 },
      { op: 'add', path: '/list/1', value: 'between' },
      { op: 'add', path: '/list/-', value: 'last' },
      { op: 'remove', path: '/a/b~1c' },
      { op: 'copy', from: '/list/0', path: '/first' },
      { op: 'move', from: '/first', path: '/a/moved' },
      { op: 'replace', path: '/list/0', value: { deep: true } },
      { op: 'test', path: '/nothing', value: null },
    ]);
    expect(patched).toEqual({ a: { moved: 'x' }, list: [{ deep: true }, 'between', 'y', 'last'] });
    expect(object).toEqual({ a: { 'b/c': 1 }, list: ['x', 'y'] });
  });

  it('refuses what does not fit the object with 422', () => {
    for (const operation of [
      { op: 'test', path: '/list/0', value: 'no' },
      { op: 'remove', path: '/missing' },
      { op: 'replace', path: '/missing', value: 1 },
      { op: 'add', path: '/no/parent', value: 1 },
      { op: 'add', path: '/list/9', value: 1 },
      { op: 'add', path: '/a/x' },
      { op: 'move', from: '/a', path: '/a/inside' },
      { op: 'invent', path: '/a' },
    ]) {
      expect(
        codeOf(() => applyJsonPatch(object, [operation])),
        JSON.stringify(operation),
      ).toBe(422);
    }
    expect(codeOf(() => applyJsonPatch(object, { not: 'a list' }))).toBe(400);
  });
});

describe('applyMergePatch', () => {
  it('follows the examples of RFC 7386', () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(applyMergePatch(target, patch)).toEqual(result);
    expect(codeOf(() => applyMergePatch({}, ['c']))).toBe(400);
  });
});

describe('applyStrategicMergePatch', () => {
  const byName = { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'name' } as const;
  const text: StructuralSchema = { type: 'string' };
  const schema: StructuralSchema = {
    type: 'object',
    properties: {
      finalizers: { type: 'array', items: text, 'x-kubernetes-patch-strategy': 'merge' },
      args: { type: 'array', items: text },
      strategy: { type: 'object', 'x-kubernetes-patch-strategy': 'retainKeys', properties: { type: text } },
      containers: {
        type: 'array',
        ...byName,
        items: {
          type: 'object',
          properties: {
            name: text,
            image: text,
            env: { type: 'array', ...byName, items: { type: 'object', properties: { name: text } } },
          },
        },
      },
    },
  };
  const patch = (object: unknown, body: unknown): unknown => applyStrategicMergePatch(object, body, schema);

  it('merges lists by their key and replaces others', () => {
    const object = {
      containers: [{ name: 'a', image: '1', env: [{ name: 'X', value: '1' }] }, { name: 'b' }],
      args: ['x'],
    };
    expect(
      patch(object, {
        containers: [{ name: 'a', image: '2', env: [{ name: 'Y', value: '2' }] }, { name: 'c' }],
        args: ['y'],
      }),
    ).toEqual({
      containers: [
        {
          name: 'a',
          image: '2',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        },
        { name: 'c' },
        { name: 'b' },
      ],
      args: ['y'],
    });
  });

  it('obeys $patch in maps and in lists', () => {
    const object = { containers: [{ name: 'a' }, { name: 'b' }], strategy: { type: 'x', y: 1 } };
    expect(patch(object, { containers: [{ name: 'a', $patch: 'delete' }] })).toMatchObject({
      containers: [{ name: 'b' }],
    });
    expect(patch(object, { containers: [{ name: 'n' }, { $patch: 'replace' }] })).toMatchObject({
      containers: [{ name: 'n' }],
    });
    expect(
      patch(object, { containers: [{ name: 'n' }, { name: 'b', $patch: 'delete' }, { $patch: 'replace' }] }),
    ).toMatchObject({ containers: [{ name: 'n' }] });
    expect(patch(object, { strategy: { $patch: 'replace', type: 'z' } })).toMatchObject({ strategy: { type: 'z' } });
    expect(patch(object, { strategy: { $patch: 'delete' } })).toMatchObject({ strategy: {} });
    expect(codeOf(() => patch(object, { strategy: { $patch: 'mend' } }))).toBe(400);
  });

  it('obeys $retainKeys', () => {
    expect(
      patch(
        { strategy: { type: 'RollingUpdate', rollingUpdate: {} } },
        { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      ),
    ).toEqual({
      strategy: { type: 'Recreate' },
    });
  });

  it('merges primitive lists and deletes from them', () => {
    expect(patch({ finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] })).toEqual({ finalizers: ['a', 'b', 'c'] });
    expect(patch({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({
      finalizers: ['b'],
    });
  });

  it('obeys $setElementOrder, leaving items that it does not name next to their old neighbours', () => {
    const object = { containers: [{ name: 'a' }, { name: 'server' }, { name: 'b' }] };
    const body = {
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }, { name: 'new' }],
      containers: [{ name: 'new' }],
    };
    expect(patch(object, body)).toEqual({
      containers: [{ name: 'server' }, { name: 'b' }, { name: 'a' }, { name: 'new' }],
    });
  });

  it('takes the order of its items for the order of the list when it names none', () => {
    const object = { containers: [{ name: 'c' }, { name: 'b' }] };
    expect(patch(object, { containers: [{ name: 'c' }, { name: 'a' }] })).toEqual({
      containers: [{ name: 'c' }, { name: 'a' }, { name: 'b' }],
    });
  });

  it('drops nulls and directives from what it adds as new', () => {
    expect(
      patch({}, { strategy: { type: null, $retainKeys: ['x'], x: 1 }, containers: [{ name: 'a', image: null }] }),
    ).toEqual({
      strategy: { x: 1 },
      containers: [{ name: 'a' }],
    });
  });

  it('refuses list items without the merge key, and kinds without a schema', () => {
    expect(codeOf(() => patch({}, { containers: [{ image: 'x' }] }))).toBe(400);
    expect(codeOf(() => applyStrategicMergePatch({}, {}, undefined))).toBe(415);
  });
});
