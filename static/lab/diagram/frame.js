/**
 * What stands around the picture: the names of the lanes, the place that scrolls, what is told to a screen reader.
 */

import { LIVE_SHEET } from './style.js';

/** @param {string} name @param {string} className @param {Record<string, string>} [attributes] */
const element = (name, className, attributes = {}) => {
  const made = document.createElement(name);
  made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** A sheet that was constructed needs no `style` element, which a page's policy might refuse. */
const dress = () => {
  if (sheet) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(LIVE_SHEET);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
};

const LABEL = 'Who sent what to whom. J and K step through the events, Enter selects one.';

/** @param {Element} root @param {boolean} heads */
export const createFrame = (root, heads) => {
  dress();
  const frame = element('div', heads ? 'sd' : 'sd sd-headless');
  const headRow = element('div', 'sd-headrow');
  const headBar = element('div', 'sd-heads');
  headBar.append(headRow);
  const scroller = element('div', 'sd-scroller', {
    tabindex: '0', role: 'group', 'aria-roledescription': 'sequence diagram', 'aria-label': LABEL,
  });
  const said = element('div', 'sd-said', { role: 'status' });
  const empty = element('p', 'sd-empty');
  empty.textContent = 'Nothing has happened yet';
  frame.append(headBar, scroller, said, empty);
  root.append(frame);
  return {
    scroller,
    /** @param {import('./lanes.js').Lane[]} lanes @param {Map<string, number>} xs */
    nameLanes(lanes, xs) {
      if (!heads) return;
      headRow.replaceChildren(...lanes.map(({ id, kind, title }) => {
        const made = element('span', 'sd-lane', { 'data-kind': kind, 'data-lane': id });
        made.textContent = title;
        made.style.left = `${xs.get(id)}px`;
        return made;
      }));
    },
    /** The names go along sideways. */
    slide() {
      headRow.style.transform = `translateX(${-scroller.scrollLeft}px)`;
    },
    /** @param {string} text */
    say(text) {
      said.textContent = text;
    },
    /** @param {boolean} isEmpty */
    empty(isEmpty) {
      if (empty.hidden === isEmpty) empty.hidden = !isEmpty;
    },
    /** So much of `y` that it can be read with what surrounds it. @param {number} y */
    intoSight(y) {
      const height = scroller.clientHeight;
      const margin = Math.min(80, height / 4);
      if (y < scroller.scrollTop + margin) scroller.scrollTop = y - margin;
      else if (y > scroller.scrollTop + height - margin) scroller.scrollTop = y - height + margin;
    },
    remove: () => frame.remove(),
  };
};
