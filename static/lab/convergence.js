/** Items by tabs and server, at the cursor: what differs and what is pending is marked. */

import { el, inFrame } from './dom.js';
import { tabName } from './words.js';
import { createTable } from './table-source.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ body: HTMLElement, where: HTMLElement }} at
 */
export const mountConvergence = (lab, at) => {
  const { store } = lab;
  const table = createTable();
  let shown = '';

  const render = () => {
    const found = table.at(store.rows, store.at);
    at.where.textContent = store.rows.length === 0 ? '' : store.scrubbing ? `at #${store.at}` : 'live';
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
      el('tbody', {}, ...found.rows.map((row) => el('tr', {},
        el('th', { scope: 'row', text: row.name, title: row.name }),
        ...row.cells.map(cell))))));
  };
  const cell = ({ text, version, pending, differs }) => el(
    'td', { 'data-differs': String(differs), 'data-pending': String(pending), title: text },
    pending ? 'pending' : text === '' ? '–' : version ? `v${version}` : text,
    differs ? el('span', { class: 'out-of-sight', text: ' differs' }) : null,
  );
  store.on('records cursor reset', inFrame(render));
};

const shortName = (name) => (name.includes('/') ? tabName(name).replaceAll(' ', '') : name);
