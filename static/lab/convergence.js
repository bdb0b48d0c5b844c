/** Items by tabs and server, at the cursor: what differs and what is pending is marked. */

import { createTable } from './diagram/table.js';
import { el, inFrame, write } from './dom.js';
import { counted, tabName } from './words.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ body: HTMLElement, where: HTMLElement }} at
 */
export const mountConvergence = (lab, at) => {
  const { store } = lab;
  const table = createTable();
  let shown = '';

  const render = () => {
    const found = table.at(store.scrubbing ? store.at : Infinity);
    write(at.where, store.rows.length === 0 ? '' : `${found.differs ? `${counted(found.differs, 'row differs', 'rows differ')} · ` : ''}${store.scrubbing ? `#${store.at}` : 'live'}`);
    at.where.dataset.status = found.differs ? 'violated' : '';
    const as = JSON.stringify(found);
    if (as === shown) return;
    shown = as;
    if (found.rows.length === 0) {
      at.body.replaceChildren(el('p', { class: 'quiet', text: 'No tab shows an item yet.' }));
      return;
    }
    at.body.replaceChildren(el('table', { class: 'convergence' },
      el('caption', { class: 'out-of-sight', text: 'Items by tabs and server, at the cursor' }),
      el('thead', {}, el('tr', {}, el('td'), ...found.columns.map((name) => el('th', { scope: 'col', text: shortName(name), title: name })))),
      el('tbody', {}, ...found.rows.map((row) => el('tr', { 'data-differs': String(row.differs) },
        el('th', { scope: 'row', text: row.title, title: row.title }),
        ...row.cells.map(cell))))));
  };
  const cell = ({ text, pending, differs }) => el(
    'td', { 'data-differs': String(differs), 'data-pending': String(pending) }, text === '' ? '–' : text,
    differs ? el('span', { class: 'out-of-sight', text: ' differs' }) : null,
  );
  const soon = inFrame(render);
  store.on('cursor', soon);
  return {
    reset() {
      table.reset();
      soon();
    },
    /** @param {import('./types.js').Row[]} rows */
    append(rows) {
      table.append(rows);
      soon();
    },
  };
};

const shortName = (name) => (name.includes('/') ? tabName(name).replaceAll(' ', '') : name);
