/**
 * Notices a connection that has died without saying so (a laptop that slept, a NAT that forgot): after a
 * silence it asks, and if nothing at all comes back it is dead.
 */

import { clearTimer, setTimer, ticks } from './clock.js';

/** After a change of network an answer comes in a round trip or never: what died with the old one is left within 1 s. */
const DOUBT_MS = 700;

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

  /** @param {string} [why] */
  const probe = (why) => {
    if (!running) return;
    asked = true;
    clearTimer(timer);
    timer = setTimer(onDead, why === 'online' ? Math.min(patience, DOUBT_MS) : patience);
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
    /** Ask now: the network may be another (`online`), or somebody looks. */
    probe,
  };
};
