/**
 * The mutations that are laid over the base of one collection, this tab's and those of its profile's other
 * tabs, in the order they were made, from the call to the server's word.
 *
 * That word may come twice, from the tab that sends and as an event on the stream, in either order; the first
 * of them settles the mutation, the second finds nothing to do.
 *
 * An overlay goes when the base holds it, and not before: were it dropped when the server's answer comes, the
 * item would vanish until its event arrives, or jump in the list. The base holds it when its own event was folded
 * in, when the item stands at its version or a later one, or when a snapshot was asked for after its commit.
 */

import { problem, toError } from './api.js';
import { clearTimer, setTimer } from './clock.js';
import { openPromise } from './promise.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */
/** @typedef {import('./replay.js').Commit} Commit */
/** @typedef {import('./replay.js').Overlay} Overlay */
/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {import('./api.js').Problem} Problem */
/** @typedef {import('./api.js').MutationError} MutationError */

/**
 * @typedef {object} Handle
 * @property {string} id the item's
 * @property {number | null} mutationId once it is stored
 * @property {Promise<Item | null>} local the item as it is shown (already), once it is stored
 * @property {Promise<any>} server the item, or `{id, version}` of a removed one; rejects with a MutationError
 */

/** @typedef {Pick<Overlay, 'mutationId' | 'op' | 'id' | 'fields' | 'item'>} Mutated */

/** An acknowledged mutation whose event does not come: ask, rather than wait for the next position check. */
const EVENT_GRACE_MS = 5000;

const UNHEARD = 'nobody heard what became of it';

/** @param {Overlay} overlay @returns {Mutated} */
const plain = ({ mutationId, op, id, fields, item }) => ({ mutationId, op, id, fields, item });

/**
 * @param {string} url of the collection
 * @param {import('./broadcast-client.js').Parts} parts
 * @param {import('./base.js').Base} base
 * @param {object} view
 * @param {(id: string) => Item | null} view.visible
 * @param {() => boolean} view.isLive
 * @param {(change: import('./collection.js').Change) => void} view.changed
 */
export const createMutations = (url, { outbox, store, tabs }, base, { visible, isLive, changed }) => {
  /** @type {Overlay[]} */
  let list = [];
  /** @type {(Mutated & {error: MutationError})[]} */
  let refused = [];
  let settledId = 0; // of this profile's, the last mutation that is known to be settled
  /** @type {import('./clock.js').Timer | undefined} */
  let grace;

  const open = () => list.filter(({ settled }) => !settled);
  const isOurs = (/** @type {{clientId: string | null}} */ { clientId }) => clientId === store.clientId();

  /** What is stored has its place; what is not comes after it. */
  const sort = () => list.sort((one, other) => one.seq - other.seq || 0);

  /** @param {Pick<Overlay, 'tab' | 'op' | 'id' | 'fields'> & Partial<Entry>} mutation @returns {Overlay} */
  const add = (mutation) => {
    const { promise: server, ...end } = openPromise();
    /** @type {Overlay} */
    const overlay = {
      clientId: '', mutationId: null, seq: Infinity, was: [], item: null,
      settled: false, version: null, reading: 0, server, ...end, ...mutation,
    };
    list.push(overlay);
    sort();
    overlay.item = visible(overlay.id);
    return overlay;
  };

  /** Drop what the base holds. @param {(overlay: Overlay) => boolean | undefined} [has] what it has just got */
  const prune = (has = () => false) => {
    const isHeld = (/** @type {Overlay} */ overlay) =>
      has(overlay) || (base.items().get(overlay.id)?.version ?? 0) >= (overlay.version ?? Infinity);
    list = list.filter((overlay) => !overlay.settled || !isHeld(overlay));
  };

  /**
   * The one end of a mutation: it is committed, or (a definite error) it is not, or nobody knows; then the next
   * snapshot does.
   * @param {Overlay} overlay
   * @param {{result?: any, error?: Problem}} end
   * @param {import('./collection.js').Change['why']} [why]
   */
  const settle = (overlay, { result, error }, why = error ? 'refused' : 'acknowledged') => {
    const { op, id } = overlay;
    const isRefused = error?.definite;
    if (error) {
      const told = toError(error);
      if (isRefused) refused = [...refused, { ...plain(overlay), error: told }];
      overlay.reject(told);
    } else {
      if (op === 'create') overlay.fields = result; // the server may have added fields of its own
      overlay.resolve(result);
    }
    Object.assign(overlay, { settled: true, version: result?.version ?? null, reading: base.readings() });
    prune((other) => other === overlay && isRefused);
    changed({ why, id, op, reason: error?.name });
    if (!isLive() || (error && !isRefused)) base.refetch(why);
    // See EVENT_GRACE_MS.
    grace ??= setTimer(() => {
      grace = undefined;
      if (open().length < list.length) base.refetch('unconfirmed');
    }, EVENT_GRACE_MS);
  };

  /** Nobody will hear what became of those. @param {(overlay: Overlay) => boolean} which @param {string} name @param {'outbox' | 'tab-gone'} why */
  const giveUp = (which, name, why = 'outbox') =>
    open().filter(which).forEach((overlay) => settle(overlay, { error: problem(name, UNHEARD) }, why));

  /** @param {string | null} clientId @param {number | null} mutationId */
  const noteSettled = (clientId, mutationId) => {
    if (isOurs({ clientId })) settledId = Math.max(settledId, mutationId ?? 0);
  };

  /** @param {Entry} entry @returns {boolean} whether it is new here */
  const lay = (entry) => {
    if (isOurs(entry) && entry.mutationId <= settledId) return false; // this news is late
    const known = list.find(({ seq, clientId }) => seq === entry.seq && clientId === entry.clientId);
    if (known) Object.assign(known, entry);
    else add(entry);
    sort();
    return !known;
  };

  /** The outbox as it is: what was not heard of is laid over, what is there no more was settled unheard. */
  const load = async () => {
    const before = open().filter(isOurs);
    const entries = await outbox.entries(url);
    if (entries.filter(lay).length > 0) changed({ why: 'outbox' });
    const seqs = entries.map(({ seq }) => seq);
    giveUp((each) => before.includes(each) && !seqs.includes(each.seq), 'unknown');
  };

  /** @param {import('./outbox.js').News} news */
  const hear = (news) => {
    const { kind } = news;
    if (kind === 'changed') load();
    // A tab that kept its outbox in memory is gone, and its outbox with it.
    else if (kind === 'gone') giveUp((each) => each.tab === news.tab && !isOurs(each), 'unknown', 'tab-gone');
    else if (kind === 'wiped') {
      // What waited in the storage will not be sent by anybody.
      settledId = 0;
      giveUp(({ seq }) => seq < Infinity, 'wiped');
      base.refetch('wiped');
    } else if (kind === 'dismissed') {
      const { mutationId } = news;
      refused = refused.filter((each) => each.mutationId !== mutationId);
      changed({ why: 'dismissed' });
    } else if ('entry' in news) {
      const { seq, clientId, mutationId, id, op } = news.entry;
      if (kind === 'made') {
        if (!lay(news.entry)) return;
        changed({ why: 'tab', id, op });
        return base.refetch('tab'); // nothing waits for it: it is how a sibling's news invalidates this tab's copy
      }
      const isEnd = kind === 'acknowledged' || kind === 'refused';
      if (isEnd) noteSettled(clientId, mutationId);
      const overlay = open().find((each) => each.seq === seq && each.clientId === clientId);
      if (!overlay) return;
      if (isEnd) settle(overlay, news);
      else changed({ why: 'unsettled', id, op, reason: news.error?.name });
    }
  };

  /** @param {Op} op @param {string} id @param {Record<string, any>} given @returns {Handle} */
  const mutate = (op, id, given) => {
    encodeURIComponent(id); // half a surrogate pair could never be sent: whoever calls is told so now
    // A copy, as it will travel: what the caller does with its object later is not part of this mutation.
    const { id: _, version: __, ...fields } = JSON.parse(JSON.stringify(given));
    const tab = tabs.id;
    const last = list.findLast((each) => each.id === id);
    const confirmed = base.items().get(id)?.version ?? null;
    /** @type {Record<string, any>} */
    const saw = visible(id) ?? {};
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, saw[name]]));
    const overlay = add({ tab, op, id, fields });
    const { item, server } = overlay;
    changed({ why: 'local', id, op });
    // The one before it may have been settled since the call; while it waits, it hands its version on itself.
    const make = () => ({ tab, op, id, fields, before, baseVersion: last?.version ?? confirmed });
    const local = outbox.add(url, make, (entry) => lay(Object.assign(overlay, entry))).then(() => item);
    local.catch(({ name, message }) =>
      settle(overlay, { error: problem(name === 'QuotaExceededError' ? 'quota' : name, message, { definite: true }) }));
    return {
      id,
      local,
      server,
      get mutationId() {
        return overlay.mutationId;
      },
    };
  };

  return {
    mutate,
    hear,
    load,
    all: () => list,
    /** The stream shows a commit, perhaps before the sender's word, and before the base holds it. @param {Commit} commit */
    see({ id, version, clientId, mutationId, item }) {
      noteSettled(clientId, mutationId);
      const overlay = open().find((each) => each.clientId === clientId && each.mutationId === mutationId);
      if (!overlay) return;
      const result = item ?? { id, version };
      // In this order: the next one in the outbox may be sent at once, on the version that this one got.
      settle(overlay, { result });
      outbox.confirm(url, overlay, result);
    },
    /**
     * The base holds this commit, and with it all that came before: earlier versions of the item, and what its
     * client had got acknowledged, which sends in order. (Their own events may never come, if a snapshot was
     * read or the subscription began in between.)
     */
    committed: (/** @type {Commit} */ { id, version, clientId, mutationId }) =>
      prune((each) =>
        (each.id === id && (each.version ?? Infinity) <= version) ||
        (each.clientId === clientId && (each.mutationId ?? Infinity) <= (mutationId ?? 0)),
      ),
    /** The base is what reading number n found. @param {number} reading */
    snapshot: (reading) => prune((overlay) => reading > overlay.reading),
    close() {
      clearTimer(grace);
      for (const { reject } of list) reject(toError(problem('closed', UNHEARD)));
      list = [];
    },
    /** What the application sees of them. */
    shown: {
      /** The profile's mutations that the server has not settled, whichever tab made them. */
      pending: () => open().map(plain),
      /** The `server` promise of a pending mutation, to be had again after a reload; else null. @param {number} id */
      server: (id) => open().find(({ mutationId, was }) => mutationId === id || was.includes(id))?.server ?? null,
      /** Those that were refused, with the reason, until dismissed. */
      refused: () => refused,
      /** In all tabs. @param {number} mutationId */
      dismiss: (mutationId) => outbox.tell({ kind: 'dismissed', url, mutationId }),
    },
  };
};
