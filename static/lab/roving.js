/**
 * One tab stop for a whole list: the arrows go from item to item, Home and End to its ends. Items are the list's
 * children; what is inside an item can be reached by Tab from the item that is current.
 */

/**
 * @param {HTMLElement} list
 * @param {(item: HTMLElement) => void} [onCurrent]
 */
export const roving = (list, onCurrent) => {
  const items = () => /** @type {HTMLElement[]} */ ([...list.children]).filter((item) => !item.hidden && !item.matches('[data-still]'));
  let current = /** @type {HTMLElement | null} */ (null);

  const become = (item) => {
    current = item ?? null;
    for (const each of items()) {
      each.tabIndex = each === current ? 0 : -1;
      each.toggleAttribute('data-current', each === current);
      if (each === current) each.setAttribute('aria-current', 'true');
      else each.removeAttribute('aria-current');
    }
  };
  const MOVES = {
    ArrowDown: (at) => at + 1, ArrowRight: (at) => at + 1, ArrowUp: (at) => at - 1, ArrowLeft: (at) => at - 1,
    Home: () => 0, End: () => Infinity,
  };

  list.addEventListener('keydown', (event) => {
    const of = items();
    const at = of.indexOf(/** @type {any} */ (event.target));
    const move = MOVES[event.key];
    if (at < 0 || !move) return;
    event.preventDefault();
    of[Math.max(0, Math.min(of.length - 1, move(at)))].focus();
  });
  list.addEventListener('focusin', (event) => {
    const item = items().find((each) => each.contains(/** @type {Node} */ (event.target)));
    if (!item || item === current) return;
    become(item);
    onCurrent?.(item);
  });

  return {
    become,
    /** After the list has changed: there is always exactly one tab stop. */
    refresh() {
      const of = items();
      become(current && of.includes(current) ? current : of[0]);
    },
    items,
    get current() {
      return current;
    },
  };
};
