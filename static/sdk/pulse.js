/**
 * Notices a connection that has died without saying so (a laptop that slept, a NAT that forgot): after a
 * silence it asks, and if nothing at all comes back it is dead.
 */

import { clearTimer, setTimer, ticks } from './clock.js';

/**
 * @param {object} options ms
 * @param {number} options.quietTimeout how long a silence may be before it is questioned
 * @param {number} options.pongTimeout how long an answer may take
 * @param {() => void} ask send something that must be answered
 * @param {() => void} onDead
 */
export const createPulse = ({ quietTimeout: quiet, pongTimeout: patience }, ask, onDead) => {
  /** @type {import('./clock.js').Timer | undefined} */
  let timer;
  let running = false;
  let asked = false;
  let heardAt = 0;

  /** @param {number} ms */
  const listen = (ms) => {
    clearTimer(timer);
    // One timer for many frames: it is not set anew with each, it looks at the time of the last.
    timer = setTimer(() => {
      const silent = ticks() - heardAt;
      if (silent < quiet) listen(quiet - silent);
      else probe();
    }, ms);
  };

  const probe = () => {
    if (!running || asked) return;
    asked = true;
    clearTimer(timer);
    timer = setTimer(onDead, patience);
    ask();
  };

  return {
    start() {
      if (running) return;
      running = true;
      heardAt = ticks();
      listen(quiet);
    },
    stop() {
      running = asked = false;
      clearTimer(timer);
    },
    heard() {
      heardAt = ticks();
      if (!asked) return;
      asked = false;
      listen(quiet);
    },
    /** Ask now, for a reason of one's own. */
    probe,
  };
};
