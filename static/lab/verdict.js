/** The verdict: what is violated, told with the records that show it, and what each invariant said. */

import { button, el, forbid, write } from './dom.js';
import { brief, plain } from './words.js';

/** Each `#41` of a text becomes a way to that record. @param {string} text @param {(i: number) => void} go */
export const linked = (text, go) => text.split(/(#\d+)/).map((part) => (/^#\d+$/.test(part)
  ? button(part, () => go(Number(part.slice(1))), { class: 'ref', 'aria-label': `go to record ${part.slice(1)}` })
  : part));

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ status: HTMLElement, body: HTMLElement, judge: HTMLButtonElement }} at
 */
export const mountVerdict = (lab, at) => {
  const { store } = lab;
  let shown = '';

  const render = () => {
    const { verdict } = store.state;
    forbid(at.judge, store.ended);
    const as = JSON.stringify(verdict);
    if (as === shown) return;
    shown = as;
    // Before anything is at its end, unknown is no news.
    const open = !verdict || (!verdict.final && verdict.status === 'unknown');
    write(at.status, open ? 'not judged yet' : verdict.status + (verdict.final ? '' : ' so far'));
    at.status.dataset.status = open ? '' : verdict.status;
    const broken = verdict?.findings.filter(({ status }) => status === 'violated') ?? [];
    at.body.replaceChildren(
      ...broken.map((finding) => witness(finding, lab.cursor.select)),
      verdict && !open && broken.length === 0 && verdict.reason ? el('p', { class: 'quiet' }, ...linked(verdict.reason, lab.cursor.select)) : '',
      verdict ? el('table', { class: 'invariants' }, el('caption', { class: 'out-of-sight', text: 'Invariants' }),
        el('tbody', {}, ...byWeight(verdict.findings).map(row))) : '',
    );
    lab.diagram?.setWitness?.(broken.flatMap((finding) => finding.witness.map(({ i }) => i)));
  };
  at.judge.addEventListener('click', () => lab.run('judge'));
  store.on('reset', () => {
    shown = '';
  });
  store.on('state reset', render);
  render();
};

/** @param {import('./types.js').Finding} finding @param {(i: number) => void} go */
const witness = ({ invariant, reason, witness: told }, go) => el(
  'div', { class: 'witness' },
  el('p', {}, el('b', { text: `${capital(plain(invariant))}. ` }), ...linked(reason, go)),
  el('ol', {}, ...told.map(({ i, told: text }) => el(
    'li', { title: text }, button(`#${i}`, () => go(i), { class: 'ref', 'aria-label': `go to record ${i}` }), ` ${brief(text)}`,
  ))),
);

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** @param {import('./types.js').Finding} finding */
export const statusOf = ({ status, exercised }) => (status === 'violated' ? 'violated' : exercised === 0 ? 'not exercised' : status);

/** @param {import('./types.js').Finding[]} findings */
const byWeight = (findings) => {
  const weight = (finding) => ['violated', 'unknown', 'ok', 'not exercised'].indexOf(statusOf(finding));
  return [...findings].sort((a, b) => weight(a) - weight(b));
};

/** @param {import('./types.js').Finding} finding */
const row = (finding) => el(
  'tr', { title: finding.reason },
  el('th', { scope: 'row', text: plain(finding.invariant) }),
  el('td', { 'data-status': statusOf(finding), text: statusOf(finding) }),
);
