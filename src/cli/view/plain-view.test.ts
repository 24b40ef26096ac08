import { expect, it } from 'vitest';
import type { StampedEvent } from '../../base/index.ts';
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
