/**
 * Which entries are lit: what is selected, what led to it, what came of it, what proves a violation, what waits.
 */

import { createCausality } from './causality.js';

/** @typedef {import('./entries.js').Entry} Entry */

/** @param {import('./model.js').Model} model @param {import('./layout.js').Layout} layout */
export const createLight = (model, layout) => {
  /** @type {number | null} */
  let selected = null;
  /** @type {Set<Entry>} */
  let [past, future, ordered, witness, held] = [new Set(), new Set(), new Set(), new Set(), new Set()];
  /** @type {number[]} the records that prove a violation; they may be told of before they come */
  let witnesses = [];
  /** @type {string[]} what waits, by name; likewise */
  let names = [];
  let version = 0;
  let known = { rows: -1, of: /** @type {ReturnType<typeof createCausality> | null} */ (null) };

  /** Worked out when somebody asks, and again only if there is more. */
  const causal = () => {
    if (known.rows !== model.rows().length) known = { rows: model.rows().length, of: createCausality(model.rows()) };
    return /** @type {ReturnType<typeof createCausality>} */ (known.of);
  };
  /** @param {Set<Entry>} to @param {Iterable<number>} records */
  const add = (to, records) => {
    for (const i of records) {
      const entry = model.entries.of(i);
      if (entry) to.add(entry);
    }
  };

  return {
    /** Another one: everything in sight is to be looked at again. */
    version: () => version,
    reset() {
      version += 1;
      [selected, witnesses, names] = [null, [], []];
      [past, future, ordered, witness, held] = [new Set(), new Set(), new Set(), new Set(), new Set()];
      known = { rows: -1, of: null };
    },
    selected: () => selected,
    /** @param {number | null} i */
    select(i) {
      selected = i;
      version += 1;
      [past, future, ordered] = [new Set(), new Set(), new Set()];
      if (i === null) return;
      const about = causal();
      for (const own of model.entries.of(i)?.records ?? [i]) {
        add(past, about.past(own));
        add(future, about.future(own));
      }
      for (const { entry } of layout.points()) {
        if (about.before(entry.i, i) === true || about.before(i, entry.i) === true) ordered.add(entry);
      }
    },
    /** What is added to an entry's class. @param {Entry} entry */
    classOf(entry) {
      // A commit that was only announced stands and falls with the message that announced it.
      const told = entry.records.length ? entry : model.entries.of(entry.i) ?? entry;
      const marked = witness.has(entry) ? 'sd-witness ' : '';
      if (selected === null) return marked;
      if (entry.records.includes(selected)) return `${marked}sd-selected`;
      if (past.has(told)) return `${marked}sd-past`;
      if (future.has(told)) return `${marked}sd-future`;
      if (entry.type === 'band' || entry.type === 'line') return marked;
      return `${marked}${ordered.has(told) ? 'sd-after' : 'sd-dim'}`;
    },
    /** @param {number[]} records @returns {boolean} whether that is anything new */
    setWitness(records) {
      const sorted = [...records].sort((a, b) => a - b);
      if (sorted.join() === witnesses.join()) return false;
      witnesses = sorted;
      return true;
    },
    witnesses: () => witnesses,
    witness: () => witness,
    /** More rows have come: are those that were spoken of among them? @returns {boolean} */
    findWitness() {
      if (witness.size === 0 && witnesses.length === 0) return false;
      const before = witness.size;
      witness = new Set();
      add(witness, witnesses);
      version += 1;
      return witness.size !== before;
    },
    /** @param {string[]} given */
    setHeld(given) {
      names = given;
    },
    /** @returns {Entry[]} those that look otherwise now */
    findHeld() {
      const now = new Set(names.map(model.messageNamed).filter((entry) => entry !== undefined && entry.end === null));
      const changed = [...[...now].filter((entry) => !held.has(entry)), ...[...held].filter((entry) => !now.has(entry))];
      held = /** @type {Set<Entry>} */ (now);
      return /** @type {Entry[]} */ (changed);
    },
    /** @param {Entry} entry */
    isHeld: (entry) => held.has(entry),
    /** @param {number} a @param {number} b */
    relation: (a, b) => causal().relation(a, b),
  };
};

/** @typedef {ReturnType<typeof createLight>} Light */
