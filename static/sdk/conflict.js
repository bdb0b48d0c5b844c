/**
 * What becomes of a mutation that met another version than its maker saw. Pure.
 *
 * Unless the application says otherwise, an edit is made again on the new version if nobody else has changed
 * the fields that it changes; else it is refused, and so is a removal of what was changed meanwhile.
 */

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./store.js').Entry} Entry */

/**
 * @callback Resolve
 * @param {{op: 'update' | 'remove', id: string, fields: Record<string, any>, before: Record<string, any>, current: Item}} conflict
 *   `before`: what its maker saw in the place of `fields`; `current`: the item as the server has it
 * @returns {Record<string, any> | null} the fields to send on the new version, or null: refuse it
 */

/** @type {Resolve} */
const unlessTheyClash = ({ op, fields, before, current }) => {
  const untouched = (/** @type {[string, any]} */ [name, value]) => {
    const now = JSON.stringify(current[name]);
    return now === JSON.stringify(before[name]) || now === JSON.stringify(value);
  };
  return op === 'update' && Object.entries(fields).every(untouched) ? fields : null;
};

/**
 * @param {Entry} entry
 * @param {import('./api.js').MutationError} error
 * @param {Resolve} [resolve]
 * @returns {Partial<Entry> | null} what is different in the next attempt; null if there is to be none
 */
export const rebase = ({ op, id, fields, before }, { name, current }, resolve = unlessTheyClash) => {
  if (name !== 'version_conflict' || op === 'create' || current === null) return null;
  try {
    const now = resolve({ op, id, fields, before, current });
    const seen = now && Object.fromEntries(Object.keys(now).map((field) => [field, current[field]]));
    return seen && { fields: now, before: seen, baseVersion: current.version };
  } catch (thrown) {
    reportError(thrown); // the application's own
    return null;
  }
};
