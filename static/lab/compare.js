/** The same scenario with its bug and without: both verdicts side by side, and the way back to the bug. */

import { button, el } from './dom.js';
import { openDialog } from './dialog.js';
import { statusOf } from './verdict.js';
import { plain } from './words.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {HTMLButtonElement} both  opens the answer again, for as long as the twin is there
 */
export const mountCompare = (lab, both) => {
  const { store } = lab;
  /** @type {{ found: any, bug: string, title: string, back: object, run: number } | null} */
  let last = null;

  const show = () => {
    if (!last) return;
    const { found, bug, title, back } = last;
    const dialog = openDialog(
      { name: 'compare', title: `${title}: with the bug, and fixed` },
      el('div', { class: 'sides' }, side(`with ${bug}`, found.bug), side('fixed', found.fixed)),
      differences(found.bug, found.fixed),
      el('div', { class: 'acts' },
        button('back to the bug', () => {
          dialog.close('gone on');
          lab.send('load', back);
        }, { class: 'primary' }),
        button('stay with the fixed one', () => dialog.close())),
    );
  };
  both.addEventListener('click', show);
  store.on('state reset', () => {
    both.hidden = !last || store.run !== last.run;
  });

  return async () => {
    const { scenario, bug } = store.state;
    const ofGallery = store.hello?.gallery.find(({ name }) => name === scenario?.name)?.name;
    // Who left the script goes back to what they did, who did not to the script.
    const whole = scenario && !scenario.off_script ? ofGallery ?? store.scenario?.raw : await lab.send('scenario');
    const title = scenario?.title || store.scenario?.title || 'what was done';
    const found = await lab.send('compare');
    if (!found) return;
    last = { found, bug: bug ?? '', title, back: { scenario: whole, play: true }, run: store.run };
    both.hidden = false;
    show();
  };
};

const side = (name, verdict) => el(
  'section', { 'aria-label': name },
  el('h3', {}, `${name}: `, el('span', { 'data-status': verdict?.status ?? '', text: verdict?.status ?? 'not judged' })),
  ...(verdict?.findings ?? []).filter(({ status }) => status === 'violated')
    .map(({ invariant, reason }) => el('p', {}, el('b', { text: `${plain(invariant)}. ` }), reason)),
  verdict && verdict.status !== 'violated' && verdict.reason ? el('p', { class: 'quiet', text: verdict.reason }) : null,
);

/** The invariants that do not say the same of both. */
const differences = (bug, fixed) => {
  const of = new Map((fixed?.findings ?? []).map((finding) => [finding.invariant, statusOf(finding)]));
  const differ = (bug?.findings ?? []).filter((finding) => of.get(finding.invariant) !== statusOf(finding));
  if (!bug || !fixed) return el('p', { class: 'quiet', text: 'The world with the bug was not judged, so there is nothing to set beside it.' });
  if (differ.length === 0) return el('p', { class: 'quiet', text: 'Every invariant says the same of both.' });
  return el('table', { class: 'differences' },
    el('caption', { text: 'what differs' }),
    el('thead', {}, el('tr', {}, ...['', 'with the bug', 'fixed'].map((text) => el(text ? 'th' : 'td', { scope: text ? 'col' : null, text })))),
    el('tbody', {}, ...differ.map((finding) => el('tr', {},
      el('th', { scope: 'row', text: plain(finding.invariant) }),
      ...[statusOf(finding), of.get(finding.invariant) ?? 'not asked'].map((status) => el('td', { 'data-status': status, text: status }))))));
};
