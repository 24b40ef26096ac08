import { expect, test } from 'vitest';
import { ObstacleRetries } from './obstacle-retries.ts';
import type { Obstacle } from './provider-environment.ts';

const missing: Obstacle = {
  reason: 'CredentialsUnavailable',
  severity: 'Error',
  message: 'secrets "a" not found',
  retryAfterMs: 30_000,
};

test('an obstacle that stays is looked at less and less often, at most every five minutes', () => {
  const retries = new ObstacleRetries();
  const waits = Array.from({ length: 6 }, () => retries.waitMs('ns/a', missing));
  expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
});

test('another obstacle, another object and one that was free of it begin anew', () => {
  const retries = new ObstacleRetries();
  retries.waitMs('ns/a', missing);
  expect(retries.waitMs('ns/a', missing)).toBe(60_000);
  expect(retries.waitMs('ns/b', missing)).toBe(30_000);
  expect(retries.waitMs('ns/a', { ...missing, message: 'secrets "b" not found' })).toBe(30_000);
  expect(retries.waitMs('ns/a', missing)).toBe(30_000);
  expect(retries.waitMs('ns/a', missing)).toBe(60_000);
  retries.forget('ns/a');
  expect(retries.waitMs('ns/a', missing)).toBe(30_000);
});

test('what only a change can remove is not looked at again', () => {
  const { retryAfterMs: _, ...fixed } = missing;
  expect(new ObstacleRetries().waitMs('ns/a', fixed)).toBeUndefined();
});
