import { expect, it } from 'vitest';
import type { StampedEvent } from '../../base/index.ts';
import { progressText } from './event-text.ts';
import { plainView } from './plain-view.ts';

it('says a state of a wait once, however often it comes with another age', () => {
  const lines: string[] = [];
  const read = plainView((line) => lines.push(line), false);
  const wait = (message: string): StampedEvent => ({
    type: 'wait',
    step: 'control-plane',
    subject: 'the control plane',
    message,
    deadline: '12:00:00',
    time: '2026-01-01T00:00:00.000Z',
  });
  for (const age of ['704ms', '1s', '1m05s']) read(wait(`Ready=False for ${age}: no network`));
  read(wait('Ready=False for 1s: no disk'));
  expect(lines).toEqual([
    '      waiting for the control plane: Ready=False for 704ms: no network (at most until 12:00:00)',
    '      waiting for the control plane: Ready=False for 1s: no disk',
  ]);
});

it('writes progress of bytes with rate and time left', () => {
  const event = {
    type: 'progress',
    step: 'push',
    subject: 'big.tgz',
    done: 400_000_000,
    total: 1_000_000_000,
    unit: 'bytes',
    ratePerSecond: 200_000_000,
    leftMs: 3000,
    time: '2026-01-01T00:00:00.000Z',
  } as const;
  expect(progressText(event)).toBe('big.tgz 40%: 400.0 MB of 1.00 GB, 200.0 MB/s, 3s left');
  expect(progressText({ ...event, done: 0, ratePerSecond: 0, leftMs: undefined })).toBe(
    'big.tgz 0%: 0.0 kB of 1.00 GB',
  );
});
