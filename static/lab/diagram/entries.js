/**
 * What the diagram draws: entries, and the points at which they touch the time line. Pure.
 *
 *   arrow   a message, from where the wire first saw it to where it arrived, or was lost
 *   mark    something that happened at one lane: an op, a view, a state, a commit
 *   line    something that concerns everybody: healed, settled, stopped, time advanced
 *   band    a fault, from where it began to where it was lifted
 *
 * An entry is made once and then only *touched* (a message arrives, a fault is lifted), so that appending a
 * row never looks at the rows before it.
 */

/**
 * @typedef {'plain' | 'sibling' | 'good' | 'wait' | 'bad' | 'quiet'} Tone
 *
 * @typedef {object} Entry
 * @property {number} id
 * @property {'arrow' | 'mark' | 'line' | 'band'} type
 * @property {number} i the record it begins with
 * @property {number[]} records every record that it stands for
 * @property {string} category what the filter calls it
 * @property {string} label
 * @property {Tone} tone
 * @property {string} tab the tab it is about, or ''
 * @property {string} channel
 * @property {string} mutation
 * @property {string} lane of a mark
 * @property {string} from of an arrow
 * @property {string} to
 * @property {string} did of an arrow: seen, held, delayed, stalled, delivered, lost, dropped, answer_lost, failed, abandoned
 * @property {boolean} dashed
 * @property {boolean} strong a mark that must not be overlooked
 * @property {boolean} hollow a mark that was told of, but that nobody has read yet
 * @property {number | null} end the record at which an arrow or a band ends
 * @property {number | null} waits the record at which an arrow was held or delayed
 * @property {string[]} lanes of a band
 * @property {number[]} hits of a band: the records at which it acted
 * @property {string} rule the fault that did this to it
 * @property {string} note a second, quieter line
 * @property {Entry | null} origin of an arrow: it starts where that one does
 */

/**
 * @typedef {object} Point
 * @property {number} i the record
 * @property {Entry} entry
 * @property {'at' | 'start' | 'end'} role
 */

/** @type {any[]} most entries are no bands */
const NONE = [];

const BLANK = Object.freeze({
  category: 'message', label: '', tone: 'plain', tab: '', channel: '', mutation: '', lane: '', from: '', to: '',
  did: '', dashed: false, strong: false, hollow: false, end: null, waits: null, lanes: NONE, hits: NONE, rule: '', note: '', origin: null,
});

export const createEntries = () => {
  /** @type {Entry[]} */
  let entries = [];
  /** @type {Point[]} */
  let points = [];
  /** @type {Entry[]} the entry that a record is drawn as */
  let byRecord = [];
  /** @type {Set<Entry>} */
  let touched = new Set();

  /** @param {Entry} entry @param {number} i */
  const claim = (entry, i) => {
    entry.records.push(i);
    byRecord[i] ??= entry;
  };
  /** @param {Entry['type']} type @param {number} i @param {Partial<Entry>} given @param {boolean} [isOwn] @returns {Entry} */
  const make = (type, i, given, isOwn = true) => {
    const entry = { id: entries.length, type, i, records: [], ...BLANK, ...given };
    entries.push(entry);
    if (isOwn) claim(entry, i);
    touched.add(entry);
    return entry;
  };

  return {
    reset() {
      [entries, points, byRecord, touched] = [[], [], [], new Set()];
    },
    /** @param {number} i @param {Partial<Entry>} given @param {boolean} [isOwn] the record is this mark's own, and no other entry's */
    mark(i, given, isOwn = true) {
      const entry = make('mark', i, given, isOwn);
      points.push({ i, entry, role: 'at' });
      return entry;
    },
    /** @param {number} i @param {Partial<Entry>} given */
    line(i, given) {
      const entry = make('line', i, given);
      points.push({ i, entry, role: 'at' });
      return entry;
    },
    /** @param {number} i @param {Partial<Entry>} given */
    arrow(i, given) {
      const entry = make('arrow', i, given);
      points.push({ i, entry, role: 'start' });
      return entry;
    },
    /** @param {number} i @param {Partial<Entry>} given */
    band(i, given) {
      const entry = make('band', i, { category: 'fault', ...given });
      points.push({ i, entry, role: 'start' });
      return entry;
    },
    /** The entry ends here. @param {Entry} entry @param {number} i */
    end(entry, i) {
      entry.end = i;
      claim(entry, i);
      points.push({ i, entry, role: 'end' });
      touched.add(entry);
    },
    /** This record belongs to the entry and changes it. @param {Entry} entry @param {number} i @param {Partial<Entry>} [changed] */
    touch(entry, i, changed = {}) {
      Object.assign(entry, changed);
      claim(entry, i);
      touched.add(entry);
    },
    /** @param {Entry} entry @param {string} label */
    relabel(entry, label) {
      entry.label = label;
      touched.add(entry);
    },
    /** @param {number} i @returns {Entry | undefined} */
    of: (i) => byRecord[i],
    all: () => entries,
    points: () => points,
    /** The entries that were made or changed since this was last asked. */
    takeTouched() {
      const taken = touched;
      touched = new Set();
      return taken;
    },
  };
};

/** @typedef {ReturnType<typeof createEntries>} Entries */
