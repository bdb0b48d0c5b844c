/**
 * The sequence diagram: who sent what to whom. The one module that a page needs.
 */

import { createCausality } from './causality.js';
import { createFilter } from './filter.js';
import { createRoom, placeLanes } from './geometry.js';
import { onKeys } from './keys.js';
import { createLayout } from './layout.js';
import { createMeasure } from './measure.js';
import { createModel } from './model.js';
import { createPicture } from './picture.js';
import { createRender } from './render.js';
import { AT, REST, TOLD } from './rows.js';
import { LIVE_SHEET } from './style.js';

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./entries.js').Entry} Entry */

/** @param {string} name @param {string} className @param {Record<string, string>} [attributes] */
const element = (name, className, attributes = {}) => {
  const made = document.createElement(name);
  made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

/** @type {CSSStyleSheet | undefined} */
let sheet;
const dress = () => {
  if (sheet) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(LIVE_SHEET);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
};

/**
 * @param {Element} root
 * @param {object} [options]
 * @param {(i: number | null) => void} [options.onSelect] the record that is looked at, or null
 * @param {(i: number | null) => void} [options.onCursor] where the reader stands, or null: at the end, live
 * @param {boolean} [options.heads] draw the names of the lanes; a page with panes of its own does not want them
 * @param {boolean} [options.keys] take keys while the diagram has the focus
 */
export const createDiagram = (root, { onSelect = () => {}, onCursor = () => {}, heads = true, keys = true } = {}) => {
  dress();
  const frame = element('div', 'sd');
  const headRow = element('div', 'sd-headrow');
  const headBar = element('div', 'sd-heads');
  headBar.append(headRow);
  headBar.hidden = !heads;
  const scroller = element('div', 'sd-scroller', {
    tabindex: '0', role: 'group', 'aria-roledescription': 'sequence diagram', 'aria-label': 'Who sent what to whom. J and K step through the events.',
  });
  const said = element('div', 'sd-said', { role: 'status' });
  const empty = element('p', 'sd-empty');
  empty.textContent = 'Nothing has happened yet';
  frame.append(headBar, scroller, said, empty);
  if (!heads) frame.style.gridTemplateRows = '1fr'; // what is hidden takes no row
  root.append(frame);

  const model = createModel();
  const layout = createLayout();
  const render = createRender(scroller);
  const measure = createMeasure();
  /** @type {Map<string, number>} */
  let placed = new Map();
  let geometry = placeLanes([], 0, placed);
  let room = createRoom();
  /** @type {import('./filter.js').Wanted} */
  let wanted = {};
  /** @type {'order' | 'time'} */
  let axis = 'order';
  /** @type {number | null} */
  let cursor = null;
  /** @type {number | null} */
  let selected = null;
  /** @type {Set<Entry>} */
  let [witness, past, future, ordered] = [new Set(), new Set(), new Set(), new Set()];
  let held = new Set();
  /** @type {number[]} */
  let violations = [];
  /** @type {(entry: Entry) => boolean} */
  let isShown = () => true;
  let isStale = true; // the whole layout is to be done again
  let scheduled = 0;
  let follows = true; // the end stays in sight
  let viewHeight = 0;
  let viewWidth = 0;
  let causality = { rows: -1, of: /** @type {ReturnType<typeof createCausality> | null} */ (null) };

  const lifelines = () => [...geometry.xs.values()].sort((a, b) => a - b);
  const stage = () => ({ ...geometry, lifelines: lifelines(), room, measure, bottom: layout.bottom(), yOf: layout.yOf });
  const toldOf = (/** @type {number} */ i) => model.rows()[i]?.[TOLD] ?? '';

  const placeHeads = () => {
    headRow.replaceChildren(...model.lanes.list().map((lane) => {
      const made = element('span', 'sd-lane', { 'data-kind': lane.kind, 'data-lane': lane.id });
      made.textContent = lane.title;
      made.style.left = `${geometry.xs.get(lane.id)}px`;
      return made;
    }));
  };
  const layOut = () => {
    if (model.lanes.takeChanged() || isStale) {
      geometry = placeLanes(model.lanes.list(), viewWidth, placed);
      isStale = true;
      if (heads) placeHeads();
    }
    const touched = model.entries.takeTouched();
    for (const entry of touched) {
      render.drop(entry);
      if (!isStale && layout.spanOf(entry) === undefined && isShown(entry) && entry.category === 'sibling') isStale = true;
    }
    if (isStale) {
      isShown = createFilter(wanted, toldOf, witness);
      layout.clear();
      room = createRoom();
      render.clear();
      isStale = false;
    }
    layout.extend(model, isShown, axis);
    render.size(geometry.width, Math.max(layout.height(), viewHeight), lifelines());
    empty.hidden = layout.points().length > 0;
  };

  /** What the selection makes of an entry. @param {Entry} entry */
  const classOf = (entry) => {
    // A commit that was only announced stands and falls with the message that announced it.
    const told = entry.records.length ? entry : model.entries.of(entry.i) ?? entry;
    const marked = witness.has(entry) ? 'sd-witness ' : '';
    if (selected === null) return marked;
    if (entry.records.includes(selected)) return `${marked}sd-selected`;
    if (past.has(told)) return `${marked}sd-past`;
    if (future.has(told)) return `${marked}sd-future`;
    if (entry.type === 'band' || entry.type === 'line') return marked;
    return `${marked}${ordered.has(told) ? 'sd-after' : 'sd-dim'}`;
  };
  const isHeld = (/** @type {Entry} */ entry) => held.has(entry);

  const draw = () => {
    scheduled = 0;
    layOut();
    if (follows && cursor === null) scroller.scrollTop = layout.height();
    const top = scroller.scrollTop;
    render.show(layout, stage(), top, top + viewHeight, classOf, isHeld);
    const y = cursor === null ? null : layout.yOf(cursor);
    render.cursor(y === null ? null : { y, text: `#${cursor}`, width: geometry.width, height: layout.height() }, cursor !== null);
  };
  const schedule = () => {
    if (!scheduled) scheduled = requestAnimationFrame(draw);
  };
  const again = () => {
    isStale = true;
    schedule();
  };

  const causal = () => {
    if (causality.rows !== model.rows().length) causality = { rows: model.rows().length, of: createCausality(model.rows()) };
    return /** @type {ReturnType<typeof createCausality>} */ (causality.of);
  };
  const relate = () => {
    [past, future, ordered] = [new Set(), new Set(), new Set()];
    if (selected === null) return;
    const about = causal();
    const own = model.entries.of(selected)?.records ?? [selected];
    for (const i of own) {
      for (const each of about.past(i)) add(past, each);
      for (const each of about.future(i)) add(future, each);
    }
    for (const { entry } of layout.points()) {
      if (about.before(entry.i, selected) === true || about.before(selected, entry.i) === true) ordered.add(entry);
    }
  };
  /** @param {Set<Entry>} to @param {number} i */
  const add = (to, i) => {
    const entry = model.entries.of(i);
    if (entry) to.add(entry);
  };

  /** @param {number} y */
  const intoSight = (y) => {
    const margin = Math.min(80, viewHeight / 4);
    if (y < scroller.scrollTop + margin) scroller.scrollTop = y - margin;
    else if (y > scroller.scrollTop + viewHeight - margin) scroller.scrollTop = y - viewHeight + margin;
  };
  /** @param {number | null} i @param {boolean} [tells] */
  const setCursor = (i, tells = false) => {
    cursor = i;
    if (i !== null) {
      if (isStale || scheduled) layOut();
      follows = false;
      intoSight(layout.yOf(i));
    } else follows = true;
    schedule();
    if (tells) onCursor(i);
  };
  /** @param {number | null} i @param {boolean} [tells] */
  const select = (i, tells = false) => {
    selected = i;
    relate();
    if (i !== null) {
      intoSight(layout.yOf(i));
      follows = false;
      said.textContent = toldOf(i);
    }
    schedule();
    if (tells) onSelect(i);
  };

  /** @param {1 | -1} way @param {'event' | 'violation' | 'command'} what @returns {number | null} */
  const step = (way, what = 'event') => {
    const now = cursor ?? (way > 0 ? -1 : Infinity);
    /** @type {number | null} */
    let next = null;
    if (what === 'violation') {
      const sorted = way > 0 ? violations : [...violations].reverse();
      next = sorted.find((i) => (way > 0 ? i > now : i < now)) ?? null;
    } else {
      const points = layout.points();
      let at = cursor === null ? (way > 0 ? -1 : points.length) : layout.indexOf(cursor);
      for (at += way; at >= 0 && at < points.length; at += way) {
        const { role, entry, i } = points[at];
        const isCommand = (entry.category === 'op' && entry.tone === 'plain') || entry.category === 'choice' || entry.type === 'band';
        if (i !== cursor && (what === 'command' ? isCommand && role !== 'end' : true)) {
          next = i;
          break;
        }
      }
    }
    if (next !== null) {
      setCursor(next, true);
      said.textContent = toldOf(next);
    }
    return next;
  };

  scroller.addEventListener('scroll', () => {
    follows = scroller.scrollTop + viewHeight >= layout.height() - 40;
    headRow.style.transform = `translateX(${-scroller.scrollLeft}px)`;
    schedule();
  }, { passive: true });
  scroller.addEventListener('click', ({ target }) => {
    const id = /** @type {Element} */ (target).closest('[data-entry]')?.getAttribute('data-entry');
    const entry = id ? model.entries.all()[Number(id)] : undefined;
    select(entry && !entry.records.includes(selected ?? -1) ? entry.records[0] ?? entry.i : null, true);
  });
  const sized = new ResizeObserver(() => {
    [viewWidth, viewHeight] = [scroller.clientWidth, scroller.clientHeight];
    again();
  });
  sized.observe(scroller);

  const api = {
    /** A new trace begins. @param {any} [header] */
    reset(header) {
      model.reset(header);
      [cursor, selected, witness, held, violations] = [null, null, new Set(), new Set(), []];
      follows = true;
      again();
    },
    /** @param {Row[]} rows in their order */
    append(rows) {
      model.append(rows);
      schedule();
    },
    /** The page says where lanes stand (it has panes over them); an empty list lets the diagram spread them. @param {{id: string, x: number}[]} lanes */
    setLanes(lanes) {
      placed = new Map(lanes.map(({ id, x }) => [id, x]));
      again();
    },
    /** Where the lanes stand, from left to right. */
    lanes() {
      if (isStale) layOut();
      return model.lanes.list().map((lane) => ({ ...lane, x: geometry.xs.get(lane.id) ?? 0, width: geometry.width }));
    },
    setCursor: (/** @type {number | null} */ i) => setCursor(i),
    select: (/** @type {number | null} */ i) => select(i),
    get cursor() {
      return cursor;
    },
    get selected() {
      return selected;
    },
    /** @param {import('./filter.js').Wanted} given */
    filter(given) {
      wanted = given;
      again();
    },
    /** @param {'order' | 'time'} given */
    axis(given) {
      axis = given;
      again();
      draw();
      const at = cursor ?? selected;
      if (at !== null) intoSight(layout.yOf(at));
    },
    toggleAxis: () => api.axis(axis === 'order' ? 'time' : 'order'),
    /** @param {boolean} shown */
    unfoldRedis(shown) {
      model.lanes.unfoldRedis(shown);
      const rows = model.rows().filter(Boolean);
      model.reset(rows[0]?.[REST]);
      model.append(rows);
      again();
    },
    /** A picture that stands alone. @param {{from?: number, to?: number, title?: string}} [range] records */
    svg: (range = {}) => createPicture(model, isShown, axis, geometry, measure, range),
    /** What waits at the wire just now, by name. @param {string[]} names */
    setHeld(names) {
      const now = new Set(names.map(model.messageNamed).filter((entry) => entry !== undefined));
      for (const entry of [...now, ...held]) render.drop(entry);
      held = now;
      schedule();
    },
    /** The records that prove a violation: shown whatever is filtered. @param {number[]} records */
    setWitness(records) {
      violations = [...records].sort((a, b) => a - b);
      witness = new Set(records.map((i) => model.entries.of(i)).filter((entry) => entry !== undefined));
      again();
    },
    next: (/** @type {'event' | 'violation' | 'command'} */ what = 'event') => step(1, what),
    previous: (/** @type {'event' | 'violation' | 'command'} */ what = 'event') => step(-1, what),
    /** Why another record is lit, or not. @param {number} a @param {number} b */
    relation: (a, b) => causal().relation(a, b),
    /** @param {number} i */
    rowOf: (i) => model.rows()[i],
    records: () => model.rows().length,
    atMs: (/** @type {number} */ i) => model.rows()[i]?.[AT],
    focus: () => scroller.focus(),
    destroy() {
      sized.disconnect();
      cancelAnimationFrame(scheduled);
      frame.remove();
    },
  };
  if (keys) onKeys(scroller, api, (i) => select(i, true), (i) => setCursor(i, true));
  return api;
};
