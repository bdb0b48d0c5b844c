/** A modal dialog: the browser's own, so that the focus stays in it and Escape closes it. */

import { button, el } from './dom.js';

/**
 * @param {{ name: string, title: string, quiet?: boolean, onClose?: () => void }} what  quiet: no visible heading
 * @param {...(Node | null | undefined)} children
 * @returns {HTMLDialogElement}
 */
export const openDialog = ({ name, title, quiet = false, onClose }, ...children) => {
  document.querySelector(`dialog[data-name="${name}"]`)?.remove();
  const heading = el('h2', { id: `${name}-title`, class: quiet ? 'out-of-sight' : '', text: title });
  const dialog = el(
    'dialog', { 'data-name': name, 'aria-labelledby': `${name}-title` },
    el('header', {}, heading, quiet ? null : button('×', () => dialog.close(), { 'aria-label': 'close', class: 'dismiss' })),
    ...children,
  );
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  dialog.addEventListener('close', () => {
    dialog.remove();
    // Where it led somewhere, the keys go there; else back to where they came from.
    if (dialog.returnValue === 'gone on') document.getElementById('stage')?.focus();
    else if (before?.isConnected) before.focus();
    onClose?.();
  });
  // A press beside it means away with it.
  dialog.addEventListener('pointerdown', (event) => {
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === dialog && !inside) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
};
