/**
 * The sequence diagram: who sent what to whom. The one module that a page needs.
 */

import { createFilter, isBetweenTabs } from './filter.js';
import { createFrame } from './frame.js';
import { createRoom, placeLanes } from './geometry.js';
import { onKeys } from './keys.js';
import { createLayout } from './layout.js';
import { createLight } from './light.js';
import { createMeasure } from './measure.js';
import { createModel } from './model.js';
import { createPicture } from './picture.js';
import { createRender } from './render.js';
import { REST, TOLD } from './rows.js';
import { nextOf } from './steps.js';

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./entries.js').Entry} Entry */

const AT_END_PX = 40;

/**
 * @param {Element} root it is filled, whatever its height; it is told of a change of axis by an event, `axis`
 * @param {object} [options]
 * @param {(i: number | null) => void} [options.onSelect] the record that is looked at, or null
 * @param {(i: number | null) => void} [options.onCursor] where the reader stands, or null: at the end, live
 * @param {boolean} [options.heads] draw the names of the lanes; a page with panes of its own does not want them
 * @param {boolean} [options.keys] take keys while the diagram has the focus
 * @param {boolean} [options.live] keep the end in sight while rows come
 */
export const createDiagram = (root, { onSelect = () => {}, onCursor = () => {}, heads = true, keys = true, live = true } = {}) => {
  const frame = createFrame(root, heads);
  const { scroller } = frame;
  const model = createModel();
  const layout = createLayout();
  const light = createLight(model, layout);
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
  /** @type {(entry: Entry) => boolean} */
  let isShown = () => true;
  let isStale = true; // the whole layout is to be done again
  let scheduled = 0;
  let follows = live;
  let [viewWidth, viewHeight] = [0, 0];
  /** @type {number[]} */
  let lifelines = [];

  const toldOf = (/** @type {number} */ i) => model.rows()[i]?.[TOLD] ?? '';
  const stage = () => ({ ...geometry, lifelines, room, measure, bottom: layout.bottom(), yOf: layout.yOf });

  const layOut = () => {
    if (model.lanes.takeChanged() || isStale) {
      geometry = placeLanes(model.lanes.list(), viewWidth, placed);
      lifelines = [...geometry.xs.values()].sort((a, b) => a - b);
      frame.nameLanes(model.lanes.list(), geometry.xs);
      isStale = true;
    }
    for (const entry of model.entries.takeTouched()) {
      render.drop(entry);
      // A message between tabs that somebody has heard after all has its place further up.
      if (isBetweenTabs(entry) && layout.isPast(entry) && isShown(entry)) isStale = true;
    }
    if (isStale) {
      isShown = createFilter(wanted, toldOf, light.witness());
      layout.clear();
      render.clear();
      room = createRoom();
      isStale = false;
    }
    layout.extend(model, isShown, axis);
    render.size(geometry.width, Math.max(layout.height(), viewHeight), lifelines);
    frame.empty(layout.points().length === 0);
  };

  const draw = () => {
    scheduled = 0;
    layOut();
    const atEnd = follows && cursor === null ? Math.max(0, layout.height() - viewHeight) : null;
    if (atEnd !== null) scroller.scrollTop = atEnd;
    const top = atEnd ?? scroller.scrollTop; // reading it would lay the page out once more
    render.show(layout, stage(), top, top + viewHeight, light);
    const y = cursor === null ? null : layout.yOf(cursor);
    render.cursor(y === null ? null : { y, text: `#${cursor}`, width: geometry.width, height: layout.height() });
  };
  const schedule = () => {
    if (!scheduled) scheduled = requestAnimationFrame(draw);
  };
  const again = () => {
    isStale = true;
    schedule();
  };
  const current = () => {
    if (isStale || scheduled) layOut();
  };

  /** @param {number | null} i @param {boolean} [tells] */
  const setCursor = (i, tells = false) => {
    cursor = i;
    follows = i === null && live;
    if (i !== null) {
      current();
      frame.intoSight(layout.yOf(i));
    }
    schedule();
    if (tells) onCursor(i);
  };
  /** @param {number | null} i @param {boolean} [tells] */
  const select = (i, tells = false) => {
    current();
    light.select(i);
    if (i !== null) {
      follows = false;
      frame.intoSight(layout.yOf(i));
      frame.say(toldOf(i));
    }
    schedule();
    if (tells) onSelect(i);
  };
  /** @param {1 | -1} way @param {import('./steps.js').Kind} what */
  const step = (way, what) => {
    current();
    const next = nextOf(layout, light.witnesses(), cursor, way, what);
    if (next !== null) {
      setCursor(next, true);
      frame.say(toldOf(next));
    }
    return next;
  };

  // Growing, shrinking and a new trace scroll too, some time later: only a person's own scrolling ends following.
  let byHand = false;
  for (const does of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    scroller.addEventListener(does, () => { byHand = true; }, { passive: true });
  }
  scroller.addEventListener('scrollend', () => { byHand = false; });
  scroller.addEventListener('scroll', () => {
    const isAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - AT_END_PX;
    if (isAtEnd || byHand) follows = live && isAtEnd;
    frame.slide();
    schedule();
  }, { passive: true });
  scroller.addEventListener('click', ({ target }) => {
    const id = /** @type {Element} */ (target).closest('[data-entry]')?.getAttribute('data-entry');
    const entry = id ? model.entries.all()[Number(id)] : undefined;
    const isOff = !entry || entry.records.includes(light.selected() ?? -1);
    select(isOff ? null : entry.records[0] ?? entry.i, true);
  });
  const sized = new ResizeObserver(() => {
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    if (width === viewWidth && height === viewHeight) return;
    [viewWidth, viewHeight] = [width, height];
    again();
  });
  sized.observe(scroller);

  const api = {
    /** A new trace begins. @param {any} [header] */
    reset(header) {
      model.reset(header);
      light.reset();
      cursor = null;
      follows = live;
      again();
    },
    /** @param {Row[]} rows in their order */
    append(rows) {
      model.append(rows);
      if (light.findWitness()) isStale = true;
      light.findHeld().forEach(render.drop);
      schedule();
    },
    /** The page says where lanes stand (it has panes over them); an empty list lets the diagram spread them. @param {{id: string, x: number}[]} lanes */
    setLanes(lanes) {
      placed = new Map(lanes.map(({ id, x }) => [id, x]));
      model.lanes.expect(lanes.map(({ id }) => id));
      again();
    },
    /** Where the lanes stand, from left to right. */
    lanes() {
      current();
      return model.lanes.list().map((lane) => ({ ...lane, x: geometry.xs.get(lane.id) ?? 0, width: geometry.width }));
    },
    setCursor: (/** @type {number | null} */ i) => setCursor(i),
    select: (/** @type {number | null} */ i) => select(i),
    get cursor() {
      return cursor;
    },
    get selected() {
      return light.selected();
    },
    /** @param {import('./filter.js').Wanted} given */
    filter(given) {
      wanted = given;
      again();
    },
    /** @param {'order' | 'time'} given */
    axis(given) {
      axis = given;
      isStale = true;
      draw();
      root.dispatchEvent(new CustomEvent('axis', { detail: axis }));
      const at = cursor ?? light.selected();
      if (at !== null) frame.intoSight(layout.yOf(at));
    },
    toggleAxis: () => api.axis(axis === 'order' ? 'time' : 'order'),
    /** @param {boolean} shown */
    unfoldRedis(shown) {
      model.lanes.unfoldRedis(shown);
      const rows = model.rows();
      model.reset(rows[0]?.[REST]);
      model.append(rows);
      light.findWitness();
      again();
    },
    /** A picture that stands alone. @param {{from?: number, to?: number, title?: string}} [range] records */
    svg(range = {}) {
      current();
      return createPicture(model, isShown, axis, geometry, measure, range);
    },
    /** What waits at the wire just now, by name. @param {string[]} names */
    setHeld(names) {
      light.setHeld(names);
      light.findHeld().forEach(render.drop);
      schedule();
    },
    /** The records that prove a violation: shown whatever is filtered. @param {number[]} records */
    setWitness(records) {
      if (!light.setWitness(records)) return;
      light.findWitness();
      again();
    },
    next: (/** @type {import('./steps.js').Kind} */ what = 'event') => step(1, what),
    previous: (/** @type {import('./steps.js').Kind} */ what = 'event') => step(-1, what),
    /** Why another record is lit, or not. @param {number} a @param {number} b */
    relation: light.relation,
    focus: () => /** @type {HTMLElement} */ (scroller).focus(),
    destroy() {
      sized.disconnect();
      cancelAnimationFrame(scheduled);
      frame.remove();
    },
  };
  if (keys) onKeys(scroller, api, (i) => select(i, true), (i) => setCursor(i, true));
  return api;
};
