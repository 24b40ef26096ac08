import type { Clock } from '../../base/index.ts';

const FIRST_MS = 50;
const LONGEST_MS = 5000;

/** Waits before the next attempt, longer each time: 50 ms to 5 s. */
export async function backOff(attempt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10)), signal);
}
