/**
 * How long to wait before the next attempt. Pure: chance is passed in.
 *
 * Half of the wait is fixed and half is drawn, so that clients that lost the same server at the same moment
 * do not come back at the same moment, and none comes back at once.
 *
 * @param {number} attempt from 1
 * @param {number} delay the full wait before the first attempt, in ms; doubles with each attempt
 * @param {number} ceiling the longest wait, in ms
 * @param {number} chance in [0, 1)
 * @returns {number} ms
 */
export const backoff = (attempt, delay, ceiling, chance) => {
  const full = Math.min(ceiling, delay * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * chance);
};
