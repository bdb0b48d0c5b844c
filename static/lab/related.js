/** What a record is because of, and what it only comes after. The diagram's own reading, asked for a few at a time. */

import { createCausality } from './diagram/causality.js';

const LOOKED_AT_MAX = 400;
// What a reader wants to be told; clock readings and opened connections order a lot and explain nothing.
const TELLING = new Set(['invoke', 'ok', 'fail', 'info', 'view', 'state', 'event', 'subscribed', 'tab_message', 'frame', 'commit', 'fault', 'receipt', 'choice', 'tab', 'heal']);

export const createRelated = () => {
  let known = { run: -1, rows: -1, of: /** @type {ReturnType<typeof createCausality> | null} */ (null) };

  /**
   * Nearest first.
   * @param {import('./store.js').Store} store @param {number} i @param {number} max
   * @returns {{ because: number[], after: number[] }}
   */
  return ({ rows, run }, i, max) => {
    if (known.rows !== rows.length || known.run !== run) known = { run, rows: rows.length, of: createCausality(rows) };
    const of = /** @type {ReturnType<typeof createCausality>} */ (known.of);
    const telling = (at) => TELLING.has(rows[at][3]);
    const past = of.past(i);
    const because = [...past].filter(telling).sort((a, b) => b - a).slice(0, max);
    const after = [];
    for (let at = i - 1; at >= Math.max(0, i - LOOKED_AT_MAX) && after.length < max; at -= 1) {
      if (telling(at) && !past.has(at) && of.before(at, i) === true) after.push(at);
    }
    return { because, after };
  };
};
