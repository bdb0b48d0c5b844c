/**
 * What went wrong, as cards that stay until they are dismissed, and what is worth knowing, as cards that go by
 * themselves; and one quiet voice for readers of screens, which says the last of what happened and not all of it.
 */

import { button, el } from './dom.js';

const KEPT_MAX = 4;
const SPEAK_MS = 400;
/** A card with buttons is there to be used, and has the longer time. */
const LASTS_MS = { said: 5000, offered: 10_000 };
const FADES_MS = 300;

/** @param {{ cards: HTMLElement, voice: HTMLElement }} at */
export const mountNotices = ({ cards, voice }) => {
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();
  /** @type {Map<string, any>} */
  const lasting = new Map();
  let timer = /** @type {any} */ (0);

  const dismiss = (key) => {
    const card = shown.get(key);
    const had = card?.contains(document.activeElement);
    card?.remove();
    shown.delete(key);
    clearTimeout(lasting.get(key));
    lasting.delete(key);
    if (had) /** @type {any} */ (cards.querySelector('button') ?? document.querySelector('#stage'))?.focus();
  };

  /** A card goes when its time is over, unless somebody is at it: then its time begins again. */
  const goesAfter = (key, ms) => {
    clearTimeout(lasting.get(key));
    lasting.set(key, setTimeout(() => {
      const card = shown.get(key);
      if (!card) return;
      if (card.matches(':hover, :focus-within')) return goesAfter(key, ms);
      card.dataset.going = '';
      lasting.set(key, setTimeout(() => dismiss(key), FADES_MS));
    }, ms));
  };

  return {
    dismiss,
    /** What was worth knowing of a world that is gone; what went wrong stays. */
    clear() {
      for (const key of [...lasting.keys()]) dismiss(key);
    },
    /** @param {{ title: string, text?: string, kind?: 'bad' | 'note', stays?: boolean, key?: string, acts?: [string, () => void][] }} notice */
    show({ title, text = '', kind = 'note', stays = kind === 'bad', key = title, acts = [] }) {
      dismiss(key);
      const card = el(
        'div', { class: 'notice', 'data-kind': kind },
        el('div', { role: kind === 'bad' ? 'alert' : 'status' }, el('b', { text: title }), text ? el('p', { text }) : null),
        el('div', { class: 'acts' },
          ...acts.map(([name, run]) => button(name, () => {
            dismiss(key);
            run();
          })),
          button('×', () => dismiss(key), { 'aria-label': `dismiss: ${title}`, class: 'dismiss' })),
      );
      shown.set(key, card);
      cards.append(card);
      if (!stays) goesAfter(key, acts.length ? LASTS_MS.offered : LASTS_MS.said);
      for (const old of [...shown.keys()].slice(0, -KEPT_MAX)) dismiss(old);
    },
    /** Said to readers of screens; what follows at once replaces it. @param {string} text */
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        voice.textContent = text;
      }, SPEAK_MS);
    },
  };
};
