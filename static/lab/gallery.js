/** The gallery: each scenario with what it needs, what a pane cannot do of it, and the bug it shows with its twin. */

import { button, el } from './dom.js';
import { openDialog } from './dialog.js';
import { openLink } from './shared.js';

/** @param {import('./types.js').Lab} lab */
export const openGallery = (lab) => {
  const cards = lab.store.hello?.gallery ?? [];
  const find = el('input', { type: 'search', 'aria-label': 'find a scenario, or paste a link', placeholder: 'find, or paste a link…', autocomplete: 'off' });
  const body = el('div', { class: 'cards' });
  const none = el('p', { class: 'quiet', role: 'status' });

  const load = async (card, options) => {
    dialog.close('gone on');
    await lab.send('load', { scenario: card.name, ...options });
  };

  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = cards.filter((card) => words.every((word) => JSON.stringify(card).toLowerCase().includes(word)));
    none.textContent = found.length ? '' : 'No scenario has these words.';
    // What shows a bug stands first: it is what one comes for.
    const groups = [...Map.groupBy(found, ({ group }) => group || 'scenarios')];
    const buggy = ([, of]) => (of.some(({ bug }) => bug) ? 0 : 1);
    groups.sort((a, b) => buggy(a) - buggy(b));
    body.replaceChildren(...groups.map(([group, of]) => el(
      'section', {}, el('h3', { text: group }), el('ul', {}, ...of.map((card) => cardOf(card, load))),
    )));
  };
  find.addEventListener('input', () => {
    const [link] = /#s=[\w-]+/.exec(find.value) ?? [];
    if (!link) return show();
    dialog.close('gone on');
    openLink(lab, link);
  });
  const dialog = openDialog({ name: 'gallery', title: 'Gallery' }, find, none, body);
  show();
  find.focus();
};

/** @param {import('./types.js').Card} card */
const cardOf = (card, load) => el(
  'li', { class: 'scenario', 'data-name': card.name, 'data-bug': String(Boolean(card.bug)) },
  el('h4', { text: card.title }),
  el('p', { text: card.about }),
  card.bug ? el('p', { class: 'bug' }, 'with the bug ', el('code', { text: card.bug })) : null,
  card.needs.length ? el('p', { class: 'needs' }, 'needs ', ...card.needs.map((need) => el('span', { class: 'need', text: need.replaceAll('_', ' ') }))) : null,
  ...card.refused.map((why) => el('p', { class: 'refused', text: `Not in panes: ${why}` })),
  el('div', { class: 'acts' },
    button(card.refused.length ? 'open what panes can' : 'open', () => load(card, { play: true }), { class: 'primary', 'aria-label': `open ${card.title}` }),
    card.bug ? button('its fixed twin', () => load(card, { play: true, fixed: true, bug: null }), { 'aria-label': `open the fixed twin of ${card.title}` }) : null,
    button('look first', () => load(card, { play: false }), { 'aria-label': `open ${card.title} without playing it` })),
);
