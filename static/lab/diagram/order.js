/**
 * What happened before what, as far as it may be claimed: syncbed/trace/order.py, once more. Pure.
 *
 * tests/vectors/order.json holds the two together.
 */

import { AT, KIND, REST, SOURCE } from './rows.js';

/** @typedef {import('./rows.js').Row} Row */

const ENDS = new Set(['ok', 'fail', 'info']);

/** (sent, received) of the messages between tabs, (invoke, end) of ops. @param {Row[]} rows @returns {[number, number][]} */
export const messagesOf = (rows) => {
  const sent = new Map();
  const invoked = new Map();
  for (const row of rows) {
    const { did, message, op } = row[REST];
    if (row[KIND] === 'tab_message' && did === 'sent' && !sent.has(message)) sent.set(message, row[0]);
    if (row[KIND] === 'invoke' && !invoked.has(op)) invoked.set(op, row[0]);
  }
  /** @type {[number, number][]} */
  const found = [];
  for (const row of rows) {
    const { did, message, op } = row[REST];
    if (row[KIND] === 'tab_message' && did === 'received' && sent.has(message)) found.push([sent.get(message), row[0]]);
    if (ENDS.has(row[KIND]) && invoked.has(op)) found.push([invoked.get(op), row[0]]);
  }
  return found;
};

/** When each record happened in the bed's time, at the earliest and at the latest. @param {Row[]} rows */
const intervalsOf = (rows) => {
  /** @type {Map<string, number>} source -> error, ms; a row's time has the offset in it already */
  const error = new Map();
  for (const row of rows) {
    if (row[KIND] === 'clock' && !error.has(row[REST].of)) error.set(row[REST].of, row[REST].error_ms ?? 0);
  }
  return rows.map((row) => {
    if (row[KIND] === 'clock') error.set(row[REST].of, row[REST].error_ms ?? 0);
    const give = error.get(row[SOURCE]);
    return give === undefined ? null : [row[AT] - give, row[AT] + give];
  });
};

/** @param {Row[]} rows by their place, none missing */
export const createOrder = (rows) => {
  /** @type {Map<string, number>} */
  const sources = new Map();
  for (const row of rows) if (!sources.has(row[SOURCE])) sources.set(row[SOURCE], sources.size);
  const width = sources.size;
  const sourceOf = rows.map((row) => /** @type {number} */ (sources.get(row[SOURCE])));
  const places = new Int32Array(rows.length);
  const counts = new Int32Array(width);
  /** @type {number[][]} */
  const into = rows.map(() => []);
  const last = new Int32Array(width).fill(-1);
  rows.forEach((_, i) => {
    const source = sourceOf[i];
    counts[source] += 1;
    places[i] = counts[source];
    if (last[source] >= 0) into[i].push(last[source]);
    last[source] = i;
  });
  for (const [cause, effect] of messagesOf(rows)) into[effect].push(cause);
  /** @type {number[][]} */
  const out = rows.map(() => []);
  into.forEach((causes, i) => causes.forEach((cause) => out[cause].push(i)));

  // A vector clock for each record: how many of each source's records certainly came before it, or are it.
  const seen = new Int32Array(rows.length * width);
  rows.forEach((_, i) => void (seen[i * width + sourceOf[i]] = places[i]));
  const waiting = into.map((causes) => causes.length);
  const ready = rows.map((_, i) => i).filter((i) => waiting[i] === 0);
  for (let next = 0; next < ready.length; next += 1) {
    const i = ready[next];
    for (const cause of into[i]) {
      for (let source = 0; source < width; source += 1) {
        if (seen[cause * width + source] > seen[i * width + source]) seen[i * width + source] = seen[cause * width + source];
      }
    }
    for (const effect of out[i]) if ((waiting[effect] -= 1) === 0) ready.push(effect);
  }
  const intervals = intervalsOf(rows);
  /** @param {number} a @param {number} b */
  const caused = (a, b) => seen[b * width + sourceOf[a]] >= places[a];

  return {
    /** @param {number} a @param {number} b @returns {boolean | null} */
    before(a, b) {
      if (a === b || caused(b, a)) return false;
      if (caused(a, b)) return true;
      const [first, second] = [intervals[a], intervals[b]];
      if (!first || !second) return null;
      if (first[1] < second[0]) return true;
      return second[1] < first[0] ? false : null;
    },
  };
};
