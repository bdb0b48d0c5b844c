/**
 * What went wrong, or is worth knowing, as cards that stay until they are dismissed; and one quiet voice for readers
 * of screens, which says the last of what happened and not all of it.
 */

import { button, el } from './dom.js';

const KEPT_MAX = 4;
const SPEAK_MS = 400;

/** @param {{ cards: HTMLElement, voice: HTMLElement }} at */
export const mountNotices = ({ cards, voice }) => {
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();
  let timer = /** @type {any} */ (0);

  const dismiss = (key) => {
    const card = shown.get(key);
    const had = card?.contains(document.activeElement);
    card?.remove();
    shown.delete(key);
    if (had) /** @type {any} */ (cards.querySelector('button') ?? document.querySelector('#stage'))?.focus();
  };

  return {
    dismiss,
    /** @param {{ title: string, text?: string, kind?: 'bad' | 'note', key?: string, acts?: [string, () => void][] }} notice */
    show({ title, text = '', kind = 'note', key = title, acts = [] }) {
      shown.get(key)?.remove();
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
      shown.delete(key);
      shown.set(key, card);
      cards.append(card);
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
