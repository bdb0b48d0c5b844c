/**
 * Shapes into elements, and elements into other shapes: what leaves the sight becomes what comes into it.
 *
 * A reader who drags the scroll bar replaces everything in sight at each frame. To make all of it anew would be
 * cheap, to collect the old would not: the garbage collector then takes the frames that it wants.
 */

/** @typedef {import('./shapes.js').Shape} Shape */

export const SVG = 'http://www.w3.org/2000/svg';
const KEPT_MAX = 120; // of each make

/** What two shapes have in common that can become each other. @param {Shape} shape @returns {string} */
const makeOf = ([name, attributes, ...children]) => {
  let make = name;
  for (const key in attributes) make += ` ${key}`;
  for (const child of children) make += typeof child === 'string' ? '"' : `(${makeOf(child)})`;
  return make;
};

/** @param {Shape} shape @returns {SVGElement} */
export const toElement = ([name, attributes, ...children]) => {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
  for (const child of children) element.append(typeof child === 'string' ? child : toElement(child));
  return /** @type {SVGElement} */ (element);
};

/** @param {Element} element of the same make @param {Shape} shape */
const change = (element, [, attributes, ...children]) => {
  for (const key in attributes) {
    const value = String(attributes[key]);
    if (element.getAttribute(key) !== value) element.setAttribute(key, value);
  }
  let node = element.firstChild;
  for (const child of children) {
    if (typeof child !== 'string') change(/** @type {Element} */ (node), child);
    else if (/** @type {Text} */ (node).data !== child) /** @type {Text} */ (node).data = child;
    node = /** @type {Node} */ (node).nextSibling;
  }
};

/** Of one layer. @param {Element} layer */
export const createPool = (layer) => {
  /** @type {Map<string, SVGElement[]>} */
  const kept = new Map();
  /** @type {WeakMap<Element, string>} */
  const makes = new WeakMap();
  /** @type {Set<SVGElement>} given back and still in the document: whoever is quick takes it as it stands */
  let idle = new Set();

  return {
    /** @param {Shape} shape */
    take(shape) {
      const make = makeOf(shape);
      const old = kept.get(make)?.pop();
      if (old) {
        change(old, shape);
        if (!idle.delete(old)) layer.append(old);
        return old;
      }
      const made = toElement(shape);
      makes.set(made, make);
      layer.append(made);
      return made;
    },
    /** @param {SVGElement} element */
    give(element) {
      const make = makes.get(element) ?? '';
      const others = kept.get(make) ?? [];
      kept.set(make, others);
      if (others.length < KEPT_MAX) {
        others.push(element);
        idle.add(element);
      } else element.remove();
    },
    /** What nobody has taken goes out of the document. */
    flush() {
      for (const element of idle) element.remove();
      idle.clear();
    },
  };
};
