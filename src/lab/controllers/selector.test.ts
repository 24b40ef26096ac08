import { expect, test } from 'vitest';
import { templateHash, sameJson } from './ownership.ts';
import { matchesSelector, selectorText } from './selector.ts';

const labels = { app: 'web', tier: 'front' };

test('all terms of a selector must hold', () => {
  expect(matchesSelector({ matchLabels: { app: 'web' } }, labels)).toBe(true);
  expect(matchesSelector({ matchLabels: { app: 'web', tier: 'back' } }, labels)).toBe(false);
  expect(
    matchesSelector({ matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'mid'] }] }, labels),
  ).toBe(true);
  expect(matchesSelector({ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] }, labels)).toBe(
    false,
  );
  expect(matchesSelector({ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, labels)).toBe(true);
  expect(matchesSelector({ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, labels)).toBe(false);
  expect(matchesSelector({ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, labels)).toBe(true);
});

test('an empty selector matches everything, an absent one nothing', () => {
  expect(matchesSelector({}, labels)).toBe(true);
  expect(matchesSelector(undefined, labels)).toBe(false);
});

test('a selector is written as the query that the API takes', () => {
  expect(
    selectorText({
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['d', 'e'] },
        { key: 'f', operator: 'DoesNotExist' },
      ],
    }),
  ).toBe('a=b,c in (d,e),!f');
});

test('the hash of a template depends on its content, not on the order of its keys', () => {
  expect(templateHash({ a: 1, b: { c: 2, d: 3 } })).toBe(templateHash({ b: { d: 3, c: 2 }, a: 1 }));
  expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 2 }));
  expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(sameJson([1, 2], [2, 1])).toBe(false);
});
