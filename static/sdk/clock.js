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

/** @param {Timer | null} timer */
export const clearTimer = (timer) => {
  if (timer !== null) clearTimeout(timer);
};

/** A number in [0, 1). */
export const random = () => Math.random();

/** A version 4 UUID. `crypto.randomUUID` exists in secure contexts only, a plain `http://` host is not one. */
export const uuid = () => {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
