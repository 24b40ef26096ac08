import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSet } from './field-set.ts';
import { fieldElement, keyElement, printPath, valueElement } from './path-element.ts';

const element = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map(fieldElement),
  fc.constantFrom('x', 'y').map((name) => keyElement([['name', name]])),
  fc.constantFrom('t', 'u').map(valueElement),
);
const sets = fc
  .array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 6 })
  .map((paths) => FieldSet.of(...paths));

describe('FieldSet', () => {
  it('reads and writes the form of managed fields', () => {
    const fields = {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } }, 'f:replicas': {} },
    };
    const set = FieldSet.decode(fields);
    expect(set.encode()).toEqual(fields);
    expect([...set.paths()].map(printPath)).toEqual([
      '.metadata.labels',
      '.metadata.labels.app',
      '.spec.replicas',
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].port',
    ]);
  });

  it('survives being written and read, whatever its paths', () => {
    fc.assert(fc.property(sets, (set) => FieldSet.decode(set.encode()).equals(set)));
  });

  it('obeys the laws of sets', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(a.union(b).difference(b).union(b).equals(a.union(b))).toBe(true);
        expect(a.difference(b).intersection(b).isEmpty).toBe(true);
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true);
        expect(a.intersection(b).equals(b.intersection(a))).toBe(true);
        for (const path of a.paths()) expect(a.union(b).has(path)).toBe(true);
      }),
    );
  });

  it('takes what lies below a path with it in a recursive difference only', () => {
    const set = FieldSet.of(['f:status', 'f:ready'], ['f:spec']);
    expect(set.difference(FieldSet.of(['f:status'])).equals(set)).toBe(true);
    expect(set.recursiveDifference(FieldSet.of(['f:status'])).encode()).toEqual({ 'f:spec': {} });
  });
});
