/**
 * Where each entry stands, from top to bottom. Pure, and incremental while the order of events is the axis.
 *
 * In event order each visible point takes a row of its own, whatever the clocks said; a message that arrives
 * before anything else happens slopes within its row. In time the rows lie apart as the clocks say, never closer
 * than a row's height allows, and long idle stretches are folded.
 */

import { AT } from './rows.js';

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {import('./entries.js').Point} Point */
/** @typedef {{y1: number, y2: number, column: number}} Span `y2` is NaN until it has ended */
/** @typedef {{y: number, ms: number, isTick?: boolean}} Fold idle time left out at `y`; a tick: what time it is there */

export const ROW = 28;
const SLOPE = 13;
const TOP = 10;
const AFTER_BAND_LABEL = 20;
const PX_PER_MS = 0.22;
const GAP_PX_MAX = 96;
const IDLE_MS = 450;
const FOLD_PX = 54;
const TICK_PX = 52;
const CLOCK_ERROR_MS = 6; // nearer than this the order of reading is as good as the clocks'
const BUCKET_PX = 512;

/** The room that a point asks for above it. @param {Point} point @param {Point | undefined} before */
const room = ({ entry, role }, before) => {
  if (entry.type === 'band') return role === 'start' ? 16 : 4;
  if (role === 'end') return before?.entry === entry ? SLOPE : before?.role === 'end' ? 18 : 25;
  if (entry.type === 'line') return 30;
  if (entry.type === 'mark' && before?.role === 'end' && before.entry.type === 'arrow' && before.entry.to === entry.lane) return 24;
  return ROW;
};

export const createLayout = () => {
  /** @type {Map<number, Span>} */
  let spans = new Map();
  /** @type {Point[]} the visible ones, from top to bottom */
  let shown = [];
  /** @type {number[]} */
  let ys = [];
  /** @type {number[]} the place among the visible ones of each point of the model; a hole: it is not visible */
  let placeOf = [];
  /** @type {Point[]} all of the model's */
  let all = [];
  /** @type {Fold[]} */
  let folds = [];
  /** @type {Map<number, Entry[]>} what crosses a stretch of BUCKET_PX */
  let buckets = new Map();
  /** @type {Map<string, boolean[]>} columns taken between two lanes by messages under way */
  let columns = new Map();
  /** @type {Set<Entry>} bands that go on to the end */
  let open = new Set();
  let y = TOP;
  let taken = 0; // points of the model that were looked at
  let lastMs = 0;

  /** @param {Entry} entry @param {number} from @param {number} to */
  const index = (entry, from, to) => {
    for (let bucket = Math.floor((from - ROW) / BUCKET_PX); bucket <= Math.floor((to + ROW) / BUCKET_PX); bucket += 1) {
      const here = buckets.get(bucket);
      if (!here) buckets.set(bucket, [entry]);
      else if (here.at(-1) !== entry && !here.includes(entry)) here.push(entry);
    }
  };
  /** @param {Entry} entry */
  const pair = ({ type, from, to }) => (type === 'band' ? type : from < to ? `${from}|${to}` : `${to}|${from}`);
  /** @param {Entry} entry */
  const takeColumn = (entry) => {
    const key = pair(entry);
    const used = columns.get(key) ?? [];
    columns.set(key, used);
    let column = used.indexOf(false);
    if (column < 0) column = used.length;
    used[column] = true;
    return column;
  };

  /** @param {Point} point @param {number} order its place among all points */
  const put = (point, order) => {
    const { entry, role } = point;
    placeOf[order] = shown.length;
    shown.push(point);
    ys.push(y);
    if (role === 'end') {
      const span = spans.get(entry.id);
      if (!span) return;
      span.y2 = y;
      const used = columns.get(pair(entry));
      if (used) used[span.column] = false;
      if (entry.type === 'band') open.delete(entry);
      index(entry, span.y1, y);
      return;
    }
    const from = entry.origin ? spans.get(entry.origin.id)?.y1 ?? y : y;
    const isOpen = entry.type === 'arrow' || entry.type === 'band';
    spans.set(entry.id, { y1: from, y2: role === 'at' ? y : NaN, column: isOpen ? takeColumn(entry) : 0 });
    if (entry.type === 'band') {
      open.add(entry);
      y += AFTER_BAND_LABEL;
    }
    index(entry, from, y);
  };

  const clear = () => {
    [spans, shown, ys, placeOf, folds] = [new Map(), [], [], [], []];
    [buckets, columns, open] = [new Map(), new Map(), new Set()];
    [y, taken, lastMs] = [TOP, 0, NaN];
  };

  /** @param {import('./model.js').Model} model @param {(entry: Entry) => boolean} isShown */
  const byOrder = (model, isShown) => {
    all = model.entries.points();
    for (; taken < all.length; taken += 1) {
      const point = all[taken];
      if (!isShown(point.entry)) continue;
      y += room(point, shown.at(-1));
      put(point, taken);
    }
  };
  /** @param {import('./model.js').Model} model @param {(entry: Entry) => boolean} isShown */
  const byTime = (model, isShown) => {
    clear();
    all = model.entries.points();
    const rows = model.rows();
    let latest = -Infinity;
    const timed = all.map((point, order) => {
      const told = rows[point.i][AT];
      const ms = told < latest && latest - told <= CLOCK_ERROR_MS ? latest : told;
      latest = Math.max(latest, ms);
      return { point, order, ms: point.role === 'end' ? Math.max(ms, rows[point.entry.i][AT]) : ms };
    }).filter(({ point }) => isShown(point.entry));
    timed.sort((a, b) => a.ms - b.ms || a.order - b.order);
    let lastTick = -Infinity;
    for (const { point, order, ms } of timed) {
      const passed = Number.isNaN(lastMs) ? 0 : ms - lastMs;
      const least = room(point, shown.at(-1));
      if (passed > IDLE_MS) {
        folds.push({ y: y + FOLD_PX / 2, ms: passed });
        y += Math.max(FOLD_PX, least + 20);
      } else y += Math.max(least, Math.min(passed * PX_PER_MS, GAP_PX_MAX));
      lastMs = ms;
      if (y - lastTick > TICK_PX) {
        folds.push({ y, ms, isTick: true });
        lastTick = y;
      }
      put(point, order);
    }
    taken = all.length;
  };

  /** The first visible point at or below `wanted`. @param {number} wanted */
  const firstAt = (wanted) => {
    let [low, high] = [0, ys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ys[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    clear,
    /** @param {import('./model.js').Model} model @param {(entry: Entry) => boolean} isShown @param {'order' | 'time'} axis */
    extend(model, isShown, axis) {
      if (axis === 'order') byOrder(model, isShown);
      else if (taken < model.entries.points().length) byTime(model, isShown);
    },
    /** @param {Entry} entry @returns {Span | undefined} */
    spanOf: (entry) => spans.get(entry.id),
    height: () => y + 2 * ROW,
    /** Where what is still going on goes to. */
    bottom: () => y + ROW / 2,
    /** @param {number} top @param {number} bottom @returns {Set<Entry>} */
    between(top, bottom) {
      /** @type {Set<Entry>} */
      const found = new Set();
      for (let bucket = Math.floor(top / BUCKET_PX); bucket <= Math.floor(bottom / BUCKET_PX); bucket += 1) {
        for (const entry of buckets.get(bucket) ?? []) {
          const span = /** @type {Span} */ (spans.get(entry.id));
          const low = entry.type === 'band' && open.has(entry) ? Infinity : Number.isNaN(span.y2) ? span.y1 : span.y2;
          if (low >= top - ROW && span.y1 <= bottom + ROW) found.add(entry);
        }
      }
      for (const entry of open) if (/** @type {Span} */ (spans.get(entry.id)).y1 <= bottom) found.add(entry);
      return found;
    },
    /** Its place has been passed, and it was not shown then. @param {Entry} entry */
    isPast: (entry) => !spans.has(entry.id) && entry.i <= (all[taken - 1]?.i ?? -1),
    folds: () => folds,
    points: () => shown,
    ys: () => ys,
    firstAt,
    /** The y of the last visible point that was told no later than record `i`. @param {number} i */
    yOf(i) {
      const at = indexOf(i);
      return at < 0 ? TOP : ys[at];
    },
    indexOf,
  };

  /** The place among the visible points of the last one that was told no later than record `i`, or -1. @param {number} i */
  function indexOf(i) {
    let [low, high] = [0, taken];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle].i <= i) low = middle + 1;
      else high = middle;
    }
    while (low > 0 && placeOf[low - 1] === undefined) low -= 1;
    return low === 0 ? -1 : placeOf[low - 1];
  }
};

/** @typedef {ReturnType<typeof createLayout>} Layout */
