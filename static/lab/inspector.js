/** The selected record: told, its payload, what changed by it, what it is because of and what it only comes after. */

import { changes } from './changes.js';
import { button, el, inFrame } from './dom.js';
import { createRelated } from './related.js';
import { linked } from './verdict.js';
import { brief, laidOut, plain, tabName } from './words.js';

const LISTED_MAX = 6;
const LEFT_OUT = new Set(['payload', 'payload_cut', 'items', 'n', 'headers']);

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ section: HTMLElement, parts: HTMLElement, body: HTMLElement, close: HTMLButtonElement }} at
 * @param {ReturnType<import('./recorded.js').createRecorded>} recorded
 */
export const mountInspector = (lab, at, recorded) => {
  const { store } = lab;
  const go = (i) => lab.cursor.select(i);
  const relatedTo = createRelated();

  const render = () => {
    const row = store.selected === null ? null : store.rows[store.selected];
    at.section.hidden = !row;
    if (row) at.parts.scrollTop = 0;
    if (!row) return at.body.replaceChildren();
    const [i, at_ms, source, kind, told, rest] = row;
    const { because, after } = relatedTo(store, i, LISTED_MAX);
    at.body.replaceChildren(
      el('p', { class: 'told' }, el('b', { text: `#${i} ` }), brief(told)),
      el('p', { class: 'quiet', text: `${plain(kind)} · said by ${source.includes('/') ? tabName(source) : source} at ${at_ms.toFixed(1)} ms` }),
      changed(row),
      payload(rest),
      related('because of', because),
      related('after', after),
      fields(rest),
      el('div', { class: 'acts' },
        button('cursor here', () => lab.cursor.set(i)),
        button('copy as issue', () => lab.leave.issue(i))),
    );
  };

  const changed = (row) => {
    if (row[3] !== 'view') return '';
    const before = recorded.viewBefore(row)?.[5].items ?? [];
    const found = changes(before, row[5].items ?? []);
    return el('div', { class: 'changed' }, el('h3', { text: 'what changed' }), found.length
      ? el('ul', {}, ...found.map(({ did, title, what }) => el('li', { 'data-did': did }, el('b', { text: did }), ` ${title} `, el('small', { text: what }))))
      : el('p', { class: 'quiet', text: 'nothing but what is pending' }));
  };

  const related = (word, list) => {
    if (list.length === 0) return '';
    return el('div', { class: 'related' }, el('h3', { text: word }), el('ul', {}, ...list.map((i) => el(
      'li', {}, ...linked(`#${i}`, go), ` ${brief(store.rows[i][4])}`,
    ))));
  };

  at.close.addEventListener('click', () => lab.cursor.select(null));
  store.on('selected reset', inFrame(render));
};

const payload = ({ payload: text, payload_cut: cut, payload_base64: bytes }) => {
  if (text == null && bytes == null) return '';
  return el('div', {}, el('h3', { text: 'payload' }),
    el('pre', { tabindex: 0, 'aria-label': 'payload', text: text == null ? `base64 ${bytes}` : laidOut(text) }),
    cut ? el('p', { class: 'quiet', text: 'Cut: the rest was too long to keep.' }) : null);
};

const fields = (rest) => {
  const known = Object.entries(rest).filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && value !== '');
  return el('details', {}, el('summary', { text: 'all of it' }), el('dl', {}, ...known.flatMap(([name, value]) => [
    el('dt', { text: plain(name) }), el('dd', { text: typeof value === 'string' ? value : JSON.stringify(value) }),
  ])));
};
