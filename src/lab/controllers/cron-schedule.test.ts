import { expect, test } from 'vitest';
import { latestRun, nextRun, parseCron } from './cron-schedule.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const next = (schedule: string, after: string): string | undefined => {
  const parsed = parseCron(schedule);
  const due = parsed && nextRun(parsed, at(after));
  return due === undefined ? undefined : new Date(due).toISOString().slice(0, 16);
};

test('the next run is the first due minute after a time', () => {
  expect(next('*/5 * * * *', '2026-01-01T10:04:59')).toBe('2026-01-01T10:05');
  expect(next('*/5 * * * *', '2026-01-01T10:05:00')).toBe('2026-01-01T10:10');
  expect(next('30 2 * * *', '2026-01-31T03:00:00')).toBe('2026-02-01T02:30');
  expect(next('0 0 29 2 *', '2026-01-01T00:00:00')).toBe('2028-02-29T00:00');
  expect(next('15-45/15 8,20 1 jan-mar *', '2026-01-01T08:30:00')).toBe('2026-01-01T08:45');
  expect(next('@hourly', '2026-01-01T23:00:00')).toBe('2026-01-02T00:00');
});

test('of two restricted fields of days one is enough; sunday is 0 and 7', () => {
  expect(next('0 0 13 * fri', '2026-01-01T00:00:00')).toBe('2026-01-02T00:00');
  expect(next('0 0 * * 7', '2026-01-01T00:00:00')).toBe('2026-01-04T00:00');
  expect(next('0 0 13 * *', '2026-01-01T00:00:00')).toBe('2026-01-13T00:00');
});

test('a schedule that is none is told apart from one that is never due', () => {
  for (const wrong of ['', '* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *', 'a * * * *', '* * * * * *'])
    expect(parseCron(wrong), wrong).toBeUndefined();
  expect(next('0 0 30 2 *', '2026-01-01T00:00:00')).toBeUndefined();
});

test('of the runs that were missed the latest counts', () => {
  const schedule = parseCron('0 * * * *');
  expect(schedule && latestRun(schedule, at('2026-01-01T10:00:00'), at('2026-01-01T14:30:00'))).toBe(
    at('2026-01-01T14:00:00'),
  );
  expect(schedule && latestRun(schedule, at('2026-01-01T14:00:00'), at('2026-01-01T14:30:00'))).toBeUndefined();
});
