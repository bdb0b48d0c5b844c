/**
 * A list of functions that are told something.
 *
 * One that throws does not keep the others from hearing (its error goes to the browser's own error
 * reporting), one that was removed hears nothing more, even in the middle of a round, and something told
 * from within a listener is told after the present round, so that everybody hears things in the same order.
 */

/**
 * @template {unknown[]} Args
 * @typedef {object} Listeners
 * @property {(listener: (...args: Args) => void) => () => boolean} add gives the function that removes it, once
 * @property {(...args: Args) => void} tell
 * @property {() => void} clear
 * @property {() => number} size
 */

/**
 * @template {unknown[]} Args
 * @param {(error: unknown) => void} [onThrow]
 * @returns {Listeners<Args>}
 */
export const createListeners = (onThrow = reportError) => {
  /** @type {Set<{tell: (...args: Args) => void}>} */
  const listeners = new Set();
  /** @type {Args[]} */
  const rounds = [];
  let telling = false;

  /** @param {(...args: Args) => void} listener */
  const add = (listener) => {
    const entry = { tell: listener }; // the same function may be added twice
    listeners.add(entry);
    return () => listeners.delete(entry);
  };

  /** @param {Args} args */
  const tell = (...args) => {
    rounds.push(args);
    if (telling) return;
    telling = true;
    for (let round = rounds.shift(); round; round = rounds.shift()) {
      for (const entry of [...listeners]) {
        if (!listeners.has(entry)) continue;
        try {
          entry.tell(...round);
        } catch (error) {
          onThrow(error);
        }
      }
    }
    telling = false;
  };

  return { add, tell, clear: () => listeners.clear(), size: () => listeners.size };
};
