/**
 * What a tab shows is a pure function of two things: the *base*, which is what the server has confirmed, and
 * the mutations laid over it. Nothing is ever taken back by hand: a refused mutation leaves the list, and
 * what it had changed is gone with it, once.
 */

/** @typedef {{id: string, version: number | null, [field: string]: any}} Item version null: not confirmed yet */
/** @typedef {'create' | 'update' | 'remove'} Op */
/** @typedef {{item: Item, mutations: import('./mutations.js').Overlay[]}} Shown what was laid over the item, oldest first */

/**
 * @param {Iterable<Item>} base in the server's order
 * @param {Iterable<import('./mutations.js').Overlay>} mutations in the order they were made
 * @returns {Shown[]}
 */
export const replay = (base, mutations) => {
  /** @type {Map<string, Shown>} */
  const shown = new Map();
  for (const item of base) shown.set(item.id, { item, mutations: [] });
  for (const mutation of mutations) {
    const under = shown.get(mutation.id);
    const item = apply(under?.item ?? null, mutation);
    if (item === null) shown.delete(mutation.id);
    else shown.set(mutation.id, { item, mutations: [...(under?.mutations ?? []), mutation] });
  }
  return [...shown.values()];
};

/**
 * @param {Item | null} under the item as it is without the mutation
 * @param {import('./mutations.js').Overlay} mutation
 * @returns {Item | null} the item as it is with it
 */
const apply = (under, mutation) => {
  const { op, id, fields, version } = mutation;
  if (op === 'remove') return null;
  // The base may hold a create whose answer was lost, and later edits of it too: those are newer.
  if (op === 'create') return under ?? { ...fields, id, version };
  // An edit brings nothing back: the item was removed meanwhile, and the server will say so.
  if (under === null) return null;
  return { ...under, ...fields, id, version: version ?? under.version };
};

/**
 * A commit, as an event's payload carries it.
 * @typedef {object} Commit
 * @property {string} id
 * @property {number} version
 * @property {string | null} clientId
 * @property {number | null} mutationId
 * @property {Item | null} item null if it was deleted
 */

/**
 * @param {import('./dialects/broadcast.js').ChannelEvent} event
 * @returns {Commit | null} null if the event says only *that* something changed
 */
export const readCommit = ({ event, payload }) => {
  if (!['created', 'updated', 'deleted'].includes(event)) return null;
  if (typeof payload?.entity_id !== 'string' || !Number.isInteger(payload.version)) return null;
  const item = payload.item ?? null;
  if ((event === 'deleted') !== (item === null)) return null;
  return {
    id: payload.entity_id,
    version: payload.version,
    clientId: payload.client_id ?? null,
    mutationId: payload.mutation_id ?? null,
    item,
  };
};

/** @param {Map<string, Item>} items changed in place @param {Commit} commit */
export const fold = (items, { id, item }) => {
  if (item === null) items.delete(id);
  else items.set(id, item);
};
