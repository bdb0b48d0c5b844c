/**
 * Work that is done until nobody asks for it any more, one run at a time. After a run that fails it is tried
 * again by itself, ever more slowly.
 */

import { backoff } from './backoff.js';
import { clearTimer, random, setTimer } from './clock.js';

/**
 * @param {() => Promise<void>} work
 * @param {{retryDelay: number, retryDelayMax: number}} options ms
 */
export const createLoop = (work, { retryDelay, retryDelayMax }) => {
  let [asked, busy, failures] = [false, false, 0];
  /** @type {import('./clock.js').Timer | undefined} */
  let timer;

  const stop = () => {
    clearTimer(timer);
    timer = undefined;
  };

  /** Now: there is more to do, or a reason not to wait for the timer. */
  const kick = async () => {
    stop();
    asked = true;
    if (busy) return;
    busy = true;
    while (asked) {
      asked = false;
      try {
        await work();
        failures = 0;
      } catch {
        asked = false;
        failures += 1;
        timer = setTimer(kick, backoff(failures, retryDelay, retryDelayMax, random()));
      }
    }
    busy = false;
  };

  return {
    kick,
    /** There is more to do; if it has just failed, at the next attempt. */
    ask: () => {
      if (!timer) kick();
    },
    stop,
  };
};
