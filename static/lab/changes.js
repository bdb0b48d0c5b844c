/** What changed from one recorded view to the next. Pure. */

import { nameOf } from './diagram/rows.js';

/**
 * @param {readonly any[]} before
 * @param {readonly any[]} after
 * @returns {{ id: string, did: 'added' | 'gone' | 'changed', title: string, what: string }[]}
 */
export const changes = (before, after) => {
  const was = new Map(before.map((item) => [idOf(item), item]));
  const is = new Map(after.map((item) => [idOf(item), item]));
  const found = [];
  for (const [id, item] of is) {
    if (!was.has(id)) found.push({ id, did: /** @type {const} */ ('added'), title: titleOf(item), what: versionOf(item) });
    else if (JSON.stringify(was.get(id)) !== JSON.stringify(item)) {
      found.push({ id, did: /** @type {const} */ ('changed'), title: titleOf(item), what: fieldsOf(was.get(id), item) });
    }
  }
  for (const [id, item] of was) if (!is.has(id)) found.push({ id, did: /** @type {const} */ ('gone'), title: titleOf(item), what: '' });
  return found;
};

const idOf = (item) => String(item?.id ?? JSON.stringify(item));
const titleOf = (item) => nameOf(item) || JSON.stringify(item);
const versionOf = (item) => (item?.version ? `v${item.version}` : '');

const fieldsOf = (was, is) => {
  if (typeof was !== 'object' || typeof is !== 'object' || !was || !is) return `${JSON.stringify(was)} → ${JSON.stringify(is)}`;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
    .map((name) => `${name}: ${was[name] === undefined ? 'none' : JSON.stringify(was[name])} → ${is[name] === undefined ? 'none' : JSON.stringify(is[name])}`)
    .join(', ');
};
