/**
 * Where the cursor goes next. Pure.
 */

/** @typedef {'event' | 'violation' | 'command'} Kind a command: what a person or a scenario did */

/** @param {import('./entries.js').Point} point */
const isCommand = ({ entry, role }) =>
  role !== 'end' && ((entry.category === 'op' && entry.tone === 'plain') || entry.category === 'choice' || entry.type === 'band');

/**
 * @param {import('./layout.js').Layout} layout @param {number[]} witnesses sorted
 * @param {number | null} cursor null: at the end @param {1 | -1} way @param {Kind} what @returns {number | null}
 */
export const nextOf = (layout, witnesses, cursor, way, what) => {
  if (what === 'violation') {
    const from = cursor ?? (way > 0 ? -1 : Infinity);
    return (way > 0 ? witnesses.find((i) => i > from) : witnesses.findLast((i) => i < from)) ?? null;
  }
  const points = layout.points();
  let at = cursor === null ? (way > 0 ? -1 : points.length) : layout.indexOf(cursor);
  for (at += way; at >= 0 && at < points.length; at += way) {
    if (points[at].i !== cursor && (what === 'event' || isCommand(points[at]))) return points[at].i;
  }
  return null;
};
