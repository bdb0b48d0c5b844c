/** A menu under a button: arrows, Home, End, Escape; a letter goes to the item that begins with it. */

import { el } from './dom.js';

/** @type {(() => void) | null} */
let closeLast = null;

/**
 * @param {HTMLElement} anchor
 * @param {readonly { text: string, note?: string, key?: string, checked?: boolean, disabled?: string, run: () => void }[]} items
 */
export const openMenu = (anchor, items) => {
  closeLast?.();
  const buttons = items.map((item) => el(
    'button',
    {
      type: 'button', role: item.checked === undefined ? 'menuitem' : 'menuitemcheckbox', tabindex: -1,
      'aria-checked': item.checked === undefined ? null : String(item.checked),
      'aria-disabled': item.disabled ? 'true' : null, title: item.disabled || null,
      on: { click: () => {
        if (item.disabled) return;
        close();
        item.run();
      } },
    },
    el('span', { text: item.text }),
    item.note || item.disabled ? el('small', { text: item.disabled || item.note }) : null,
    item.key ? el('kbd', { 'aria-hidden': true, text: item.key }) : null,
  ));
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': anchor.getAttribute('aria-label') ?? anchor.textContent }, ...buttons);

  const close = () => {
    if (closeLast !== close) return;
    closeLast = null;
    const had = menu.contains(document.activeElement);
    menu.remove();
    anchor.setAttribute('aria-expanded', 'false');
    removeEventListener('pointerdown', outside, true);
    removeEventListener('blur', left);
    removeEventListener('resize', close);
    if (had) anchor.focus();
  };
  const left = () => {
    if (document.activeElement instanceof HTMLIFrameElement) close();
  };
  const outside = (event) => {
    if (!menu.contains(event.target) && !anchor.contains(event.target)) close();
  };
  menu.addEventListener('keydown', (event) => {
    event.stopPropagation();
    const at = buttons.indexOf(document.activeElement);
    const to = {
      ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1,
    }[event.key] ?? (event.key.length === 1 ? buttons.findIndex((each, i) => i !== at && each.textContent.startsWith(event.key)) : NaN);
    if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (to >= -1 && !Number.isNaN(to)) buttons[(to + buttons.length) % buttons.length].focus();
    else return;
    event.preventDefault();
  });

  // In a dialog it has to be the dialog's, which would cover it; elsewhere it belongs to its part of the page.
  const host = anchor.closest('dialog, .top, main, aside') ?? document.body;
  host.append(menu);
  const box = anchor.getBoundingClientRect();
  const own = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - own.width - 8))}px`;
  const below = box.bottom + 4 + own.height < innerHeight;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - own.height - 4)}px`;
  anchor.setAttribute('aria-expanded', 'true');
  closeLast = close;
  addEventListener('pointerdown', outside, true);
  addEventListener('blur', left);
  addEventListener('resize', close);
  buttons[0]?.focus();
};
