/**
 * The picture in the page: only what is in sight is in the document. Knows the DOM, and nothing of what it draws.
 */

import { createPool, toElement } from './pool.js';
import { foldOf, groundOf, shapeOf } from './shapes.js';

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {ReturnType<typeof createPool>} Pool */

const OVERSCAN_PX = 160;
const JUMP_PX = 500; // further than this at once: what is out of sight can wait
const LAYERS = ['ground', 'life', 'fold', 'cursor', 'band', 'arrow', 'line', 'top', 'mark', 'over'];

/** @param {Element} element @param {Record<string, string | number>} attributes */
const set = (element, attributes) => {
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
};

/** @param {Element} host */
export const createRender = (host) => {
  const svg = toElement(['svg', { 'aria-hidden': 'true' }]);
  /** @type {Record<string, SVGElement>} */
  const layers = Object.fromEntries(LAYERS.map((name) => [name, toElement(['g', {}])]));
  svg.append(...Object.values(layers));
  host.append(svg);
  /** @type {Record<string, Pool>} */
  const pools = Object.fromEntries(LAYERS.map((name) => [name, createPool(layers[name])]));
  const veil = toElement(['rect', { class: 'sd-veil', x: 0, width: 0, height: 0 }]);
  const cursor = toElement(['path', { class: 'sd-cursor', d: '' }]);
  const flag = toElement(['path', { class: 'sd-cursor-flag', d: '' }]);
  const number = toElement(['text', { class: 'sd-number', x: 14 }]);
  layers.cursor.append(cursor); // below every label: it strikes none through
  layers.over.append(veil, flag, number);
  /** @type {Map<Entry, {element: SVGElement, top: SVGElement | null, ground: SVGElement | null, plain: string}>} `plain`: its class but for the light */
  const drawn = new Map();
  /** @type {Element[]} */
  let lives = [];
  let foldsDrawn = '';
  let sized = '';
  let lastTop = 0;
  let lit = -1;

  /** @param {Entry} entry */
  const drop = (entry) => {
    const known = drawn.get(entry);
    if (!known) return;
    pools[entry.type].give(known.element);
    if (known.top) pools.top.give(known.top);
    if (known.ground) pools.ground.give(known.ground);
    drawn.delete(entry);
  };
  /** @param {Entry} entry @param {import('./layout.js').Span} span @param {import('./shapes.js').Stage} stage @param {import('./light.js').Light} light */
  const draw = (entry, span, stage, light) => {
    stage.room.by(entry.id);
    const [shape, top] = shapeOf(entry, span, stage, light.isHeld(entry));
    const ground = groundOf(entry, span, stage);
    const plain = String(shape[1].class);
    shape[1].class = `${plain} ${light.classOf(entry)}`;
    if (top) top[1].class = `sd-top ${shape[1].class}`;
    drawn.set(entry, {
      element: pools[entry.type].take(shape), top: top && pools.top.take(top), ground: ground && pools.ground.take(ground), plain,
    });
  };

  return {
    clear() {
      for (const entry of [...drawn.keys()]) drop(entry);
      foldsDrawn = '-';
    },
    drop,
    /** @param {number} width @param {number} height @param {number[]} lifelines */
    size(width, height, lifelines) {
      const now = `${width} ${height} ${lifelines.join()}`;
      if (now === sized) return;
      sized = now;
      set(svg, { width, height });
      if (lives.length !== lifelines.length) {
        lives = lifelines.map(() => toElement(['path', { class: 'sd-life' }]));
        layers.life.replaceChildren(...lives);
      }
      lifelines.forEach((x, at) => lives[at].setAttribute('d', `M${x} 0V${height}`));
    },
    /**
     * @param {import('./layout.js').Layout} layout @param {import('./shapes.js').Stage} stage
     * @param {number} top @param {number} bottom @param {import('./light.js').Light} light
     */
    show(layout, stage, top, bottom, light) {
      const over = Math.abs(top - lastTop) > JUMP_PX ? 0 : OVERSCAN_PX;
      lastTop = top;
      const wanted = layout.between(top - over, bottom + over);
      const isLitAnew = lit !== light.version();
      lit = light.version();
      for (const entry of drawn.keys()) {
        if (!wanted.has(entry) || (entry.type === 'band' && entry.end === null)) drop(entry);
      }
      const missing = [...wanted].filter((entry) => !drawn.has(entry)).sort((a, b) => a.id - b.id);
      for (const entry of missing) {
        const span = layout.spanOf(entry);
        if (span) draw(entry, span, stage, light);
      }
      for (const pool of Object.values(pools)) pool.flush();
      if (isLitAnew) {
        for (const [entry, { element, top: above, plain }] of drawn) {
          const lightened = `${plain} ${light.classOf(entry)}`;
          element.setAttribute('class', lightened);
          above?.setAttribute('class', `sd-top ${lightened}`);
        }
      }
      const folds = layout.folds().filter(({ y }) => y > top - over && y < bottom + over);
      const key = folds.map(({ y }) => y).join();
      if (key !== foldsDrawn) {
        layers.fold.replaceChildren(...folds.map((fold) => toElement(foldOf(fold, stage))));
        foldsDrawn = key;
      }
    },
    /** Everything below it is yet to come. @param {{y: number, text: string, width: number, height: number} | null} at */
    cursor(at) {
      set(cursor, { d: at ? `M0 ${at.y}H${at.width}` : '' });
      set(flag, { d: at ? `M0 ${at.y - 6}l10 6l-10 6z` : '' });
      set(number, { y: at ? at.y - 5 : -20 });
      number.textContent = at?.text ?? '';
      set(veil, at ? { y: at.y + 8, width: at.width, height: Math.max(0, at.height - at.y - 8) } : { width: 0, height: 0 });
    },
  };
};
