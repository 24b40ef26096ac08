import { systemClock, type Clock } from '../../../base/index.ts';

/**
 * A clock for controllers of a lab whose time runs fast: a sleep lasts as long as the lab's clock says, but not less than
 * its own length or `floorMs` of real time, whichever is shorter. Otherwise a recheck every ten simulated seconds would turn
 * into a busy loop. Machines and their guests keep the lab's clock, so nothing that matters becomes slower.
 */
export function pacedClock(clock: Clock, floorMs = 250): Clock {
  return {
    now: () => clock.now(),
    sleep: async (ms, signal) => {
      await Promise.all([clock.sleep(ms, signal), systemClock.sleep(Math.min(ms, floorMs), signal)]);
    },
  };
}
