/**
 * What an event came from and what came of it. Pure.
 *
 * Two questions, kept apart. *Ordered*: the same three things as syncbed/trace/order.py order two records (their
 * source's own sequence, a message, clocks that do not overlap); that is `before`. *Because*: a chain of
 * messages and of what was done with them leads from one to the other. What is ordered with no such chain
 * between came *after*, and nothing more is claimed.
 */

import { createOrder } from './order.js';
import { causesOf } from './causes.js';

/** @typedef {import('./rows.js').Row} Row */

/** @param {number[][]} edges @param {number} from @returns {Set<number>} */
const reach = (edges, from) => {
  /** @type {Set<number>} */
  const found = new Set();
  const waiting = [from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const next of edges[at] ?? []) {
      if (next === from || found.has(next)) continue;
      found.add(next);
      waiting.push(next);
    }
  }
  return found;
};

/** @param {Row[]} rows every row of a trace, by its place */
export const createCausality = (rows) => {
  /** @type {number[][]} */
  const causes = rows.map(() => []);
  /** @type {number[][]} */
  const effects = rows.map(() => []);
  for (const [cause, effect] of causesOf(rows)) {
    causes[effect].push(cause);
    effects[cause].push(effect);
  }
  /** @type {ReturnType<typeof createOrder> | undefined} */
  let order;
  const ordered = () => (order ??= createOrder(rows));

  return {
    /** Everything that led to it. @param {number} i */
    past: (i) => reach(causes, i),
    /** Everything that came of it. @param {number} i */
    future: (i) => reach(effects, i),
    /** true: a was before b; false: it was not; null: nobody can say. @param {number} a @param {number} b @returns {boolean | null} */
    before: (a, b) => ordered().before(a, b),
    /** @param {number} a @param {number} b @returns {'because' | 'after' | 'concurrent'} */
    relation(a, b) {
      if (reach(effects, a).has(b) || reach(causes, a).has(b)) return 'because';
      return ordered().before(a, b) === true || ordered().before(b, a) === true ? 'after' : 'concurrent';
    },
  };
};
