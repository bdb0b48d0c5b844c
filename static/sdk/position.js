/** Places in a channel's log. Offsets are dense, so a loss is always visible. */

/** @typedef {{epoch: string, offset: number}} Position */

/**
 * How many events `theirs` is ahead of `mine`: 1 is the next one, 0 or less was reached already, and Infinity
 * is in another log (or `mine` is nowhere yet).
 *
 * @param {Position | null} mine
 * @param {Position} theirs
 */
export const ahead = (mine, theirs) => (mine?.epoch === theirs.epoch ? theirs.offset - mine.offset : Infinity);
