/**
 * Elements made from data. Text is only ever text: there is no way in here to write HTML, and what came over
 * the wire (titles, payloads, reasons) is somebody else's.
 */

/**
 * @param {string} name
 * @param {Record<string, any>} [attributes]  `on` holds listeners; false and null leave an attribute out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export const el = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
};

/** @param {Element} element @param {Record<string, any>} attributes */
export const set = (element, attributes) => {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (key === 'text') write(element, value);
    else if (value === false || value == null) element.removeAttribute(key);
    else if (element.getAttribute(key) !== String(value)) element.setAttribute(key, value === true ? '' : String(value));
  }
};

/** Writes only what differs, so that a live region does not speak again. @param {Element} element @param {any} text */
export const write = (element, text) => {
  const wanted = text == null ? '' : String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
};

export const button = (text, run, attributes = {}) =>
  el('button', { type: 'button', on: { click: run }, ...attributes }, text);

/** Not now, and why. @param {HTMLButtonElement} press @param {string} why */
export const forbid = (press, why) => {
  press.dataset.title ??= press.title;
  press.disabled = Boolean(why);
  press.title = why || press.dataset.title;
};

/** A button that shows its key. */
export const keyed = (text, key, run, attributes = {}) =>
  el('button', { type: 'button', on: { click: run }, ...attributes }, text, el('kbd', { 'aria-hidden': true }, key));

export const hidden = (text) => el('span', { class: 'out-of-sight' }, text);

/**
 * Keeps one element an item, by key, in the order of the items. What stays is never taken out of the document and
 * never moved: an iframe would load anew, and what has the focus would lose it.
 *
 * @template T
 * @param {Element} parent
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => { root: HTMLElement, update: (item: T) => void, gone?: () => void }} make
 */
export const keepList = (parent, keyOf, make) => {
  /** @type {Map<string, { root: HTMLElement, update: (item: T) => void, gone?: () => void }>} */
  const parts = new Map();
  /** @param {readonly T[]} items */
  const show = (items) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, part] of parts) {
      if (wanted.has(key)) continue;
      part.gone?.();
      part.root.remove();
      parts.delete(key);
    }
    let next = null;
    for (const item of [...items].reverse()) {
      const key = keyOf(item);
      const part = parts.get(key) ?? make(item);
      if (!parts.has(key)) parts.set(key, part);
      if (part.root.parentElement !== parent || part.root.nextElementSibling !== next) parent.insertBefore(part.root, next);
      part.update(item);
      next = part.root;
    }
  };
  return { show, part: (key) => parts.get(key) };
};

/**
 * A button that folds something away. The page says when it is open; what somebody chose then holds until the page
 * would have it otherwise than before.
 * @param {Element} press @param {(open: boolean) => void} show
 * @returns {(open: boolean) => void}
 */
export const foldable = (press, show) => {
  let open = true;
  let wanted = /** @type {boolean | null} */ (null);
  const become = (is) => {
    open = is;
    set(press, { 'aria-expanded': String(open) });
    show(open);
  };
  press.addEventListener('click', () => become(!open));
  return (by) => {
    if (by === wanted) return;
    wanted = by;
    become(by);
  };
};

/** Runs at most once a frame, with what is latest then. */
export const inFrame = (run) => {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
};
