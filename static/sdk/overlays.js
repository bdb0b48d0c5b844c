/**
 * The mutations that are laid over the base, this tab's and its siblings', in the order they were made here.
 *
 * An overlay goes when the base holds it, and not before: were it dropped when the server's answer comes,
 * the item would vanish until its event arrives, or jump to another place in the list. The base holds it
 * when its own event was folded in, when the item stands at its version or a later one, or when a snapshot
 * was asked for after the mutation was known to be committed.
 */

/** @typedef {import('./replay.js').Mutation} Mutation */
/** @typedef {import('./replay.js').Commit} Commit */

/**
 * @typedef {Mutation & {
 *   own: boolean,
 *   after: Overlay | null,
 *   reading: number,
 *   settled: Promise<void>,
 *   settle: () => void,
 * }} Overlay
 *   `after`: the earlier one on the same item whose version this one must wait for;
 *   `reading`: how many snapshots had been asked for when it was acknowledged;
 *   `settled`: acknowledged, refused or dropped
 */

/** Other tabs' clients of which the last commit is remembered. */
const CLIENTS_MAX = 1000;

/** @param {import('./base.js').Base} base */
export const createOverlays = (base) => {
  /** @type {Overlay[]} */
  let list = [];
  /** @type {Map<string, number>} each client's last mutation that the stream has shown */
  const seen = new Map();

  /** @param {(overlay: Overlay) => boolean} goes @returns {Overlay[]} those that went */
  const drop = (goes) => {
    const dropped = list.filter(goes);
    if (dropped.length > 0) list = list.filter((overlay) => !dropped.includes(overlay));
    for (const { settle } of dropped) settle();
    return dropped;
  };

  /** @param {Overlay} overlay @param {number} [reading] the snapshot that has just become the base */
  const isHeld = ({ state, id, version, reading: acknowledgedAt }, reading = 0) => {
    if (state !== 'acknowledged') return false;
    if (reading > acknowledgedAt) return true;
    const held = base.items().get(id)?.version ?? null;
    return held !== null && version !== null && held >= version;
  };

  return {
    /** @param {Mutation} mutation @param {{own: boolean, after?: Overlay | null}} how @returns {Overlay} */
    add(mutation, { own, after = null }) {
      let settle = () => {};
      /** @type {Promise<void>} */
      const settled = new Promise((resolve) => {
        settle = resolve;
      });
      const overlay = { ...mutation, own, after, reading: base.readings(), settled, settle };
      list.push(overlay);
      return overlay;
    },
    /** @param {string} clientId @param {number} mutationId */
    find: (clientId, mutationId) =>
      list.find((overlay) => overlay.clientId === clientId && overlay.mutationId === mutationId),
    /** The last one on an item. @param {string} id */
    lastOn: (id) => list.findLast((overlay) => overlay.id === id),
    /** Whether the stream has shown this mutation, or a later one of its client. */
    wasSeen: (/** @type {string} */ clientId, /** @type {number} */ mutationId) =>
      (seen.get(clientId) ?? 0) >= mutationId,
    /** The stream has shown a commit, wherever the base stands. @param {Commit} commit */
    see({ clientId, mutationId }) {
      if (clientId === null || mutationId === null) return;
      const last = Math.max(mutationId, seen.get(clientId) ?? 0);
      seen.delete(clientId); // to the end: the oldest are forgotten first
      seen.set(clientId, last);
      if (seen.size > CLIENTS_MAX) seen.delete(/** @type {string} */ (seen.keys().next().value));
    },
    /** The server has committed it. @param {Overlay} overlay @param {number | null} version */
    acknowledge(overlay, version) {
      overlay.state = 'acknowledged';
      overlay.version = version;
      overlay.reading = base.readings();
      overlay.settle();
      drop((other) => other === overlay && isHeld(other));
    },
    /**
     * The base holds this commit, and with it all that came before: earlier versions of the item, and the
     * earlier mutations of its client, which sends in order. (Their own events may never come, if a snapshot
     * was read or the subscription began in between.)
     */
    committed: (/** @type {Commit} */ { id, version, clientId, mutationId }) =>
      drop((overlay) => {
        if (overlay.state === 'acknowledged' && overlay.id === id && (overlay.version ?? Infinity) <= version) return true;
        if (mutationId === null || overlay.clientId !== clientId || overlay.mutationId > mutationId) return false;
        return overlay.mutationId === mutationId || overlay.state === 'acknowledged' || !overlay.own;
      }),
    /** The base is what reading number n found. @param {number} reading */
    snapshot: (reading) => drop((overlay) => isHeld(overlay, reading)),
    /** @param {Overlay} overlay */
    remove: (overlay) => drop((other) => other === overlay),
    /** Its tab is gone: what it had not got acknowledged will not be sent by anybody. */
    abandon: (/** @type {string} */ clientId) =>
      drop((overlay) => !overlay.own && overlay.clientId === clientId && overlay.state !== 'acknowledged'),
    own: () => list.filter(({ own }) => own),
    all: () => list,
  };
};
