/**
 * Shapes into the page: only what is in sight is in the document. Knows the DOM, and nothing of what it draws.
 */

import { foldOf, groundOf, shapeOf } from './shapes.js';

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {import('./shapes.js').Shape} Shape */

export const SVG = 'http://www.w3.org/2000/svg';
const OVERSCAN_PX = 160;
const LAYERS = ['ground', 'life', 'fold', 'line', 'band', 'arrow', 'mark', 'over'];

/** @param {Shape} shape @returns {SVGElement} */
export const toElement = ([name, attributes, ...children]) => {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
  for (const child of children) element.append(typeof child === 'string' ? child : toElement(child));
  return /** @type {SVGElement} */ (element);
};

/** @param {string} name @param {Record<string, string | number>} attributes @param {Element} element */
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
  const veil = toElement(['rect', { class: 'sd-veil', x: 0, width: 0, height: 0 }]);
  const cursor = toElement(['path', { class: 'sd-cursor', d: '' }]);
  const flag = toElement(['path', { class: 'sd-cursor-flag', d: '' }]);
  const number = toElement(['text', { class: 'sd-number', x: 14 }]);
  layers.over.append(veil, cursor, flag, number);
  /** @type {Map<Entry, Element>} */
  let drawn = new Map();
  /** @type {Map<Entry, Element>} what lies behind it */
  let grounds = new Map();
  /** @type {Map<Entry, string>} the class it was drawn with, before the selection's */
  let plain = new Map();
  /** @type {Element[]} */
  let lives = [];
  let foldsDrawn = '';
  let sized = '';

  /** @param {Entry} entry */
  const drop = (entry) => {
    drawn.get(entry)?.remove();
    drawn.delete(entry);
    grounds.get(entry)?.remove();
    grounds.delete(entry);
    plain.delete(entry);
  };

  return {
    svg,
    clear() {
      for (const element of [...drawn.values(), ...grounds.values()]) element.remove();
      [drawn, grounds, plain] = [new Map(), new Map(), new Map()];
      foldsDrawn = '';
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
     * @param {number} top @param {number} bottom
     * @param {(entry: Entry) => string} classOf what the selection adds
     * @param {(entry: Entry) => boolean} isHeld
     */
    show(layout, stage, top, bottom, classOf, isHeld) {
      const wanted = layout.between(top - OVERSCAN_PX, bottom + OVERSCAN_PX);
      for (const entry of drawn.keys()) {
        if (!wanted.has(entry) || (entry.type === 'band' && entry.end === null)) drop(entry);
      }
      const missing = [...wanted].filter((entry) => !drawn.has(entry)).sort((a, b) => a.id - b.id);
      for (const entry of missing) {
        const span = layout.spanOf(entry);
        if (!span) continue;
        stage.room.by(entry.id);
        const element = toElement(shapeOf(entry, span, stage, isHeld(entry)));
        plain.set(entry, /** @type {string} */ (element.getAttribute('class')));
        drawn.set(entry, element);
        layers[entry.type].append(element);
        const ground = groundOf(entry, span, stage);
        if (ground) {
          grounds.set(entry, toElement(ground));
          layers.ground.append(/** @type {Element} */ (grounds.get(entry)));
        }
      }
      for (const [entry, element] of drawn) {
        const wished = `${plain.get(entry)} ${classOf(entry)}`.trimEnd();
        if (element.getAttribute('class') !== wished) element.setAttribute('class', wished);
      }
      const folds = layout.folds().filter(({ y }) => y > top - OVERSCAN_PX && y < bottom + OVERSCAN_PX);
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
    /** @param {Entry} entry */
    elementOf: (entry) => drawn.get(entry),
    count: () => svg.querySelectorAll('*').length,
    destroy: () => svg.remove(),
  };
};
