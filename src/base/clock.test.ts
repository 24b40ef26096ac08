import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { ManualClock, systemClock, type Clock } from './clock.ts';

it.each<[string, () => { clock: Clock; pass: () => Promise<void> }]>([
  ['the system clock', () => ({ clock: systemClock, pass: () => Promise.resolve() })],
  [
    'a clock moved by hand',
    () => {
      const clock = new ManualClock();
      return { clock, pass: () => clock.advance(1) };
    },
  ],
])('%s leaves nothing on a signal once a sleep is over', async (_, make) => {
  const { clock, pass } = make();
  const { signal } = new AbortController();
  const slept = clock.sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await pass();
  await slept;
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('a sleep on a clock moved by hand ends with CANCELLED when its signal aborts, and time passes it by', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const slept = clock.sleep(10, stop.signal);
  stop.abort();
  await expect(slept).rejects.toMatchObject({ code: 'CANCELLED' });
  await clock.advance(20);
});
