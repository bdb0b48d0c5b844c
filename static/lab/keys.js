/**
 * The keyboard. Keys go to the table of commands, unless what has the focus means them for itself; in a pane they
 * are the app's, until Escape.
 */

const TYPED_IN = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable]';
const PRESSED = 'button, a[href], summary, input[type="checkbox"], input[type="radio"], [role="menuitem"]';

/** Whether a key is meant for what has the focus. @param {KeyboardEvent} event */
const isTheirs = ({ target, key }) => {
  if (!(target instanceof Element)) return false;
  if (target.closest('dialog, [role="menu"]') || target.matches(TYPED_IN)) return true;
  return (key === ' ' || key === 'Enter') && target.closest(PRESSED) !== null;
};

/** @param {import('./types.js').Lab} lab */
export const mountKeys = (lab) => {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTheirs(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = lab.commands().find(({ keys }) => keys?.includes(key));
    if (!command || (event.repeat && !['j', 'k', 's'].includes(key))) return;
    event.preventDefault();
    lab.run(command.id);
  });

  // A button that was pressed with the mouse does not keep the keyboard: Space would press it again, not hold.
  addEventListener('click', ({ detail, target }) => {
    const pressed = target instanceof Element ? target.closest('button') : null;
    if (detail > 0 && pressed && !pressed.closest('dialog, [role="menu"]') && document.activeElement === pressed) pressed.blur();
  });

  leavePanes(lab);
};

/** Focus in a pane: it is shown, and Escape, which the pane's script reports, brings the keys back. */
const leavePanes = (lab) => {
  const focused = () => lab.panes.list().find(({ frame }) => frame && frame === document.activeElement);
  const show = () => {
    const inside = focused();
    for (const pane of lab.panes.list()) pane.root.toggleAttribute('data-keys', pane === inside);
  };
  addEventListener('blur', () => requestAnimationFrame(show));
  addEventListener('focus', () => requestAnimationFrame(show));
  document.addEventListener('focusin', show);
  addEventListener('message', ({ source, data }) => {
    if (data?.syncbed !== 'escape') return;
    const pane = lab.panes.list().find(({ frame }) => frame?.contentWindow === source);
    if (!pane) return;
    pane.frame.blur();
    focus();
    pane.focus();
    show();
  });
};
