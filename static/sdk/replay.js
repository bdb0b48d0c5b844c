/**
 * What a tab shows is a pure function of two things: the *base*, which is what the server has confirmed, and
 * the mutations laid over it. Nothing is ever taken back by hand: a refused mutation leaves the list, and
 * what it had changed is gone with it, once.
 */

/** @typedef {{id: string, version: number | null, [field: string]: any}} Item version null: not confirmed yet */
/** @typedef {'create' | 'update' | 'remove'} Op */
/**
 * @typedef {object} Overlay
 * @property {string} clientId '' until it is stored
 * @property {number | null} mutationId null until it is stored
 * @property {number} seq its place in the outbox; what is not stored yet comes last
 * @property {number[]} was mutation ids that conflicts have used up
 * @property {string} tab that made it
 * @property {Op} op
 * @property {string} id the item's
 * @property {Record<string, any>} fields what is created or changed
 * @property {Item | null} item as it was shown when it was made
 * @property {boolean} settled it is committed or refused, or nobody will hear
 * @property {number | null} version what the server gave it, once acknowledged
 * @property {number} reading how many snapshots had been asked for when it was acknowledged
 * @property {Promise<any>} server its end
 * @property {(result: any) => void} resolve
 * @property {(error: Error) => void} reject
 */

/** @typedef {{item: Item, mutations: Overlay[]}} Shown what was laid over the item, oldest first */

/**
 * @param {Iterable<Item>} base in the server's order
 * @param {Iterable<Overlay>} mutations in the order they were made
 * @returns {Shown[]}
 */
export const replay = (base, mutations) => {
  /** @type {Map<string, Shown>} */
  const shown = new Map();
  for (const item of base) shown.set(item.id, { item, mutations: [] });
  for (const mutation of mutations) {
    const under = shown.get(mutation.id);
    const item = apply(under?.item, mutation);
    if (item) shown.set(mutation.id, { item, mutations: [...(under?.mutations ?? []), mutation] });
    else shown.delete(mutation.id);
  }
  return [...shown.values()];
};

/**
 * @param {Item | undefined} under the item as it is without the mutation
 * @param {Overlay} mutation
 * @returns {Item | undefined} the item as it is with it
 */
const apply = (under, { op, id, fields, version }) => {
  if (op === 'remove') return undefined;
  // The base may hold a create whose answer was lost, and later edits of it too: those are newer.
  if (op === 'create') return under ?? { ...fields, id, version };
  // An edit brings nothing back: the item was removed meanwhile, and the server will say so.
  return under && { ...under, ...fields, id, version: version ?? under.version };
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
