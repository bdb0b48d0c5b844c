/**
 * What a tab shows, told as what has changed since it last showed something. Pure.
 */

import { nameOf, tokenIn } from './rows.js';

/** @typedef {{label: string, tone: import('./entries.js').Tone, strong: boolean, category: string}} Told */

const LISTED_MAX = 2;
const NOTHING = { items: [], pending: [] };

/** The items that are there more than once though they were asked for once. @param {any[]} items @param {(title: string) => number} askedFor */
export const shownTwice = (items, askedFor) => {
  /** @type {Map<string, any[]>} */
  const same = new Map();
  for (const item of items) {
    const token = tokenIn(item);
    const key = token ? `#${token}` : askedFor(nameOf(item)) > 0 ? nameOf(item) : '';
    if (key !== '') same.set(key, [...(same.get(key) ?? []), item]);
  }
  return [...same.entries()]
    .filter(([key, found]) => found.length > (key[0] === '#' ? 1 : askedFor(key)))
    .map(([, found]) => found);
};

/** Whether two items have the same fields, whatever their versions. @param {any} a @param {any} b */
const isSame = (a, b) => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  keys.delete('version');
  return [...keys].every((key) => a[key] === b[key] || JSON.stringify(a[key]) === JSON.stringify(b[key]));
};

/** @param {import('./ops.js').Ops} ops */
export const createViews = (ops) => {
  /** @type {Map<string, {items: any[], pending: string[]}>} */
  let last = new Map();
  /** @type {Set<string>} tab + item: it was shown and then not any more */
  let gone = new Set();

  /** @param {any[]} items */
  const list = (items) => {
    const names = [...new Set(items.map(ops.wordsFor))];
    return names.length > LISTED_MAX ? `${names.length} items` : names.join(' and ');
  };

  /** @param {string} tab @param {any} before @param {any} now @returns {Told} */
  const changes = (tab, before, now) => {
    const items = now.items ?? [];
    const pending = new Set(now.pending ?? []);
    const wasPending = new Set(before.pending ?? []);
    const old = new Map(before.items.map((/** @type {any} */ item) => [item.id, item]));
    const ids = new Set(items.map((/** @type {any} */ item) => item.id));
    const came = items.filter((/** @type {any} */ { id }) => !old.has(id));
    const went = before.items.filter((/** @type {any} */ { id }) => !ids.has(id));
    const changed = items.filter((/** @type {any} */ item) => old.has(item.id) && !isSame(item, old.get(item.id)));
    const settled = items.filter((/** @type {any} */ { id }) => wasPending.has(id) && !pending.has(id));
    const newer = items.filter((/** @type {any} */ item) => old.has(item.id) && item.version !== /** @type {any} */ (old.get(item.id)).version);
    const wait = (/** @type {any[]} */ of) => (of.some(({ id }) => pending.has(id)) ? ', pending' : '');
    const plain = { tone: /** @type {const} */ ('good'), strong: false, category: 'view' };

    const twice = shownTwice(items, ops.askedFor);
    if (twice.some((found) => found.some((item) => came.includes(item)))) {
      return { label: `shows ${list(twice.map(([item]) => item))} ${twice[0].length === 2 ? 'twice' : `${twice[0].length} times`}`, tone: 'bad', strong: true, category: 'view' };
    }
    if (came.length) {
      const again = came.every((/** @type {any} */ { id }) => gone.has(`${tab} ${id}`)) ? ' again' : '';
      return { ...plain, label: `shows ${list(came)}${again}${wait(came)}` };
    }
    if (went.length) return { ...plain, tone: 'wait', label: `no longer shows ${list(went)}` };
    if (changed.length) return { ...plain, label: `shows ${list(changed)} changed${wait(changed)}` };
    if (settled.length) return { ...plain, label: `shows ${list(settled)}, confirmed` };
    if (newer.length) return { ...plain, label: `shows ${list(newer)} v${newer[0].version}` };
    return { ...plain, tone: 'quiet', label: items.length ? 'shows the same' : 'shows nothing', category: 'same' };
  };

  return {
    reset() {
      [last, gone] = [new Map(), new Set()];
    },
    /** @param {any} rest @returns {Told} */
    told(rest) {
      const before = last.get(rest.tab) ?? NOTHING;
      const told = changes(rest.tab, before, rest);
      const ids = new Set(rest.items.map((/** @type {any} */ { id }) => id));
      for (const { id } of before.items) if (!ids.has(id)) gone.add(`${rest.tab} ${id}`);
      last.set(rest.tab, rest);
      return told;
    },
    /** A document that begins anew has shown nothing yet. @param {string} tab */
    forget: (tab) => void last.delete(tab),
  };
};
