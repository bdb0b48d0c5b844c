/**
 * Sees which timers are armed, without touching what they do. The SDK looks the browser's timers up at every
 * call (clock.js), so this may begin at any time.
 *
 * @returns {() => number[]} the delays of the timers that are armed now, of 1 s or more
 */
export const watchTimers = () => {
  const armed = new Map();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (ring, ms = 0, ...args) => {
    const id = set(() => {
      armed.delete(id);
      ring(...args);
    }, ms);
    armed.set(id, ms);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    armed.delete(id);
    clear(id);
  };
  return () => [...armed.values()].filter((ms) => ms >= 1000);
};
