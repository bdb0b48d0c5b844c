/**
 * The mutations that are laid over the base, this tab's and those of its profile's other tabs, in the order
 * they were made.
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
 *   tab: string,
 *   was: number[],
 *   item: import('./replay.js').Item | null,
 *   reading: number,
 *   server: Promise<any>,
 *   resolve: (result: any) => void,
 *   reject: (error: Error) => void,
 * }} Overlay
 *   `tab`: that made it; `was`: mutation ids that conflicts have used up; `item`: as it was shown when it was
 *   made; `reading`: how many snapshots had been asked for when it was acknowledged; `server`: its end
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
    /** @param {Pick<Overlay, 'tab' | 'op' | 'id' | 'fields'> & Partial<Mutation>} mutation @returns {Overlay} */
    add(mutation) {
      let [resolve, reject] = [(/** @type {any} */ _) => {}, (/** @type {Error} */ _) => {}];
      /** @type {Promise<any>} */
      const server = new Promise((yes, no) => {
        [resolve, reject] = [yes, no];
      });
      server.catch(() => {}); // told by refused() too: nobody is obliged to listen here
      /** @type {Overlay} */
      const overlay = {
        clientId: null, mutationId: null, seq: null, was: [], item: null, state: 'queued', version: null,
        reading: base.readings(), server, resolve, reject, ...mutation,
      };
      list.push(overlay);
      return overlay;
    },
    /** What is stored has its place; what is not comes after it. */
    sort() {
      list = list.slice().sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity) || 0);
    },
    /** @param {string | null} clientId @param {number | null} mutationId */
    find: (clientId, mutationId) =>
      list.find((overlay) => overlay.mutationId !== null && overlay.clientId === clientId && overlay.mutationId === mutationId),
    /** @param {(overlay: Overlay) => boolean} is */
    where: (is) => list.filter(is),
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
      drop((other) => other === overlay && isHeld(other));
    },
    /**
     * The base holds this commit, and with it all that came before: earlier versions of the item, and what its
     * client had got acknowledged, which sends in order. (Their own events may never come, if a snapshot was
     * read or the subscription began in between.)
     */
    committed: (/** @type {Commit} */ { id, version, clientId, mutationId }) =>
      drop((overlay) => {
        if (overlay.state !== 'acknowledged') return false;
        if (overlay.id === id && (overlay.version ?? Infinity) <= version) return true;
        return mutationId !== null && overlay.clientId === clientId && (overlay.mutationId ?? Infinity) <= mutationId;
      }),
    /** The base is what reading number n found. @param {number} reading */
    snapshot: (reading) => drop((overlay) => isHeld(overlay, reading)),
    drop,
    all: () => list,
  };
};
