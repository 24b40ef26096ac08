import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextSizes, resolveCount } from './rolling-update.ts';

test('percentages are taken of the total, surge rounded up and unavailability down', () => {
  expect(resolveCount('25%', 3, 'up')).toBe(1);
  expect(resolveCount('25%', 3, 'down')).toBe(0);
  expect(resolveCount(2, 3, 'up')).toBe(2);
  expect(resolveCount(undefined, 4, 'up')).toBe(1);
});

test('a rollout without surge takes an old Pod away before it adds a new one', () => {
  const state = {
    replicas: 3,
    maxSurge: 0,
    maxUnavailable: 1,
    fresh: { desired: 0, available: 0 },
    old: [{ name: 'old', desired: 3, available: 3 }],
  };
  expect([...nextSizes(state).old.values()]).toEqual([2]);
  expect(nextSizes({ ...state, old: [{ name: 'old', desired: 2, available: 2 }] }).fresh).toBe(1);
});

test('old Pods that are not available go first', () => {
  const next = nextSizes({
    replicas: 2,
    maxSurge: 1,
    maxUnavailable: 0,
    fresh: { desired: 1, available: 1 },
    old: [
      { name: 'broken', desired: 1, available: 0 },
      { name: 'good', desired: 1, available: 1 },
    ],
  });
  expect(Object.fromEntries(next.old)).toEqual({ broken: 0, good: 1 });
});

test('any rollout ends with all new Pods, within surge and availability all the way', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 12 }),
      (replicas, maxSurge, maxUnavailable, oldSize) => {
        let fresh = 0;
        let old = oldSize;
        for (let turn = 0; turn < 100; turn++) {
          // Everything that was created has become available by the next turn.
          const next = nextSizes({
            replicas,
            maxSurge,
            maxUnavailable,
            fresh: { desired: fresh, available: fresh },
            old: [{ name: 'old', desired: old, available: old }],
          });
          const oldNext = next.old.get('old') ?? 0;
          const total = next.fresh + oldNext;
          expect(total).toBeLessThanOrEqual(Math.max(replicas + maxSurge, fresh + old));
          const least = replicas - (maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable);
          expect(Math.min(next.fresh, fresh) + oldNext).toBeGreaterThanOrEqual(Math.min(least, fresh + old));
          if (next.fresh === fresh && oldNext === old) break;
          fresh = next.fresh;
          old = oldNext;
        }
        expect({ fresh, old }).toEqual({ fresh: replicas, old: 0 });
      },
    ),
  );
});
