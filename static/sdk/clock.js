/**
 * Time and chance. The only file of the SDK that touches timers, `Date` and randomness, and it looks them
 * up at every call: a test bed that replaces them before the page runs has replaced them everywhere.
 */

/** @typedef {ReturnType<typeof setTimeout>} Timer */

/** Milliseconds since 1970. */
export const now = () => Date.now();

/** Milliseconds of a clock that nobody sets: for how long something takes, whatever the time of day does. */
export const ticks = () => performance.now();

/**
 * @param {() => void} ring
 * @param {number} ms
 * @returns {Timer}
 */
export const setTimer = (ring, ms) => setTimeout(ring, ms);

/** @param {Timer | null} [timer] */
export const clearTimer = (timer) => clearTimeout(timer ?? undefined);

/** A number in [0, 1). */
export const random = () => Math.random();

/** A version 4 UUID; by hand, as `crypto.randomUUID` exists in secure contexts only, and a plain `http://` host is not one. */
export const uuid = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-');
};
