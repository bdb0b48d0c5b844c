/**
 * The mutations of one collection, whichever tab of the profile made them, from the call to the server's word.
 *
 * That word may come twice, from the tab that sends and as an event on the stream, in either order; the first
 * of them settles the mutation, the second finds nothing to do.
 */

import { mutationError } from './api.js';
import { clearTimer, setTimer } from './clock.js';
import { notStored } from './outbox.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */
/** @typedef {import('./overlays.js').Overlay} Overlay */
/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {import('./api.js').MutationError} MutationError */

/**
 * @typedef {object} Handle
 * @property {string} id the item's
 * @property {number | null} mutationId once it is stored
 * @property {Promise<Item | null>} local the item as it is shown (already), once it is stored
 * @property {Promise<any>} server the item, or `{id, version}` of a removed one; rejects with a MutationError
 */

/**
 * @typedef {{mutationId: number | null, op: Op, id: string, fields: Record<string, any>, item: Item | null}} Mutated
 */

/** An acknowledged mutation whose event does not come: ask, rather than wait for the next position check. */
const EVENT_GRACE_MS = 5000;

/** @param {Overlay} overlay @returns {Mutated} */
const plain = ({ mutationId, op, id, fields, item }) => ({ mutationId, op, id, fields, item });

/**
 * @param {object} options
 * @param {string} options.url of the collection
 * @param {import('./broadcast-client.js').Parts} options.parts
 * @param {import('./base.js').Base} options.base
 * @param {ReturnType<typeof import('./overlays.js').createOverlays>} options.overlays
 * @param {(id: string) => Item | null} options.visible
 * @param {() => boolean} options.isLive
 * @param {(change: import('./collection.js').Change) => void} options.changed
 */
export const createMutations = ({ url, parts, base, overlays, visible, isLive, changed }) => {
  const { outbox, store, tabs } = parts;
  /** @type {(Mutated & {error: MutationError})[]} */
  let refused = [];
  let settledSeq = 0;
  let closed = false;
  /** @type {import('./clock.js').Timer | null} */
  let grace = null;

  /** @param {Overlay} overlay @param {Entry} entry */
  const keep = (overlay, { clientId, mutationId, seq, was }) => Object.assign(overlay, { clientId, mutationId, seq, was });

  /** @param {Overlay} overlay by the sender's word or by its event, whichever comes first @param {any} result */
  const acknowledge = (overlay, result) => {
    const { mutationId, op, id } = overlay;
    if (op === 'create' && result) overlay.fields = result; // the server may have added fields of its own
    overlays.acknowledge(overlay, result?.version ?? null);
    overlay.resolve(result);
    changed({ why: 'acknowledged', id, op, mutationId });
    if (!isLive()) base.refetch('acknowledged');
    // See EVENT_GRACE_MS.
    grace ??= setTimer(() => {
      grace = null;
      if (overlays.all().some(({ state }) => state === 'acknowledged')) base.refetch('unconfirmed');
    }, EVENT_GRACE_MS);
  };

  /** @param {Overlay} overlay @param {MutationError} error */
  const refuse = (overlay, error) => {
    const { id, op, mutationId } = overlay;
    overlays.drop((other) => other === overlay);
    refused = [...refused, { ...plain(overlay), error }];
    overlay.reject(error);
    changed({ why: 'refused', id, op, mutationId, reason: error.name });
    if (!isLive()) base.refetch('refused');
  };

  /** @param {Entry} entry @returns {boolean} whether it is new here */
  const lay = (entry) => {
    const { clientId, mutationId, seq } = entry;
    if ((clientId === store.clientId() && seq <= settledSeq) || overlays.wasSeen(clientId, mutationId)) return false;
    const known = overlays.where((overlay) => overlay.seq === seq && overlay.clientId === clientId)[0];
    if (known) {
      keep(known, entry);
      return false;
    }
    const { tab, op, id, fields } = entry;
    const overlay = overlays.add({ ...entry, tab, op, id, fields, state: 'queued', version: null });
    overlays.sort();
    overlay.item = visible(id);
    return true;
  };

  /** The outbox as it is: what was not heard of is laid over, what is there no more was settled unheard. */
  const load = async () => {
    const before = overlays.where(({ clientId, state }) => state !== 'acknowledged' && clientId === store.clientId());
    const entries = await store.entries(url);
    if (closed) return;
    let some = false;
    for (const entry of entries) some = lay(entry) || some;
    const seqs = new Set(entries.map(({ seq }) => seq));
    const unheard = overlays.where((each) => before.includes(each) && each.state !== 'acknowledged' && !seqs.has(each.seq ?? 0));
    for (const overlay of unheard) {
      overlay.reject(mutationError('nobody heard what became of it', { name: 'unknown' }));
      overlays.acknowledge(overlay, null);
    }
    if (unheard.length > 0) base.refetch('unheard');
    if (some || unheard.length > 0) changed({ why: 'outbox' });
  };

  /** @param {import('./outbox.js').News} news @param {string | null} from */
  const hear = (news, from) => {
    if (news.kind === 'changed') {
      load();
    } else if (news.kind === 'made') {
      const { id, op, mutationId } = news.entry;
      if (!lay(news.entry)) return;
      changed({ why: 'tab', id, op, mutationId });
      // Nothing that is shown waits for it; it is how a sibling's news invalidates this tab's copy.
      base.refetch('tab');
    } else if (news.kind === 'dismissed') {
      refused = refused.filter(({ mutationId }) => mutationId !== news.mutationId);
      changed({ why: 'dismissed', mutationId: news.mutationId });
    } else {
      const { seq } = news;
      const shared = from === null || store.kind() !== 'memory';
      const overlay = overlays.where((each) => each.seq === seq && (shared ? each.clientId === store.clientId() : each.tab === from))[0];
      if (shared && (news.kind === 'acknowledged' || news.kind === 'refused')) settledSeq = Math.max(settledSeq, seq);
      if (!overlay || overlay.state === 'acknowledged') return;
      const { id, op, mutationId } = overlay;
      if (news.kind === 'acknowledged') acknowledge(overlay, news.result);
      else if (news.kind === 'refused') {
        const { message, ...facts } = news.error;
        refuse(overlay, mutationError(message, facts));
      } else {
        overlay.state = news.kind === 'sent' ? 'sent' : 'queued';
        if (news.kind === 'unsettled') changed({ why: 'unsettled', id, op, mutationId, reason: news.reason });
      }
    }
  };

  /** @param {Op} op @param {string} id @param {Record<string, any>} given @returns {Handle} */
  const mutate = (op, id, given) => {
    encodeURIComponent(id); // half a surrogate pair could never be sent: whoever calls is told so now
    // A copy, as it will travel: what the caller does with its object later is not part of this mutation.
    const { id: _, version: __, ...fields } = JSON.parse(JSON.stringify(given));
    const last = overlays.lastOn(id);
    const confirmed = base.items().get(id)?.version ?? null;
    /** @type {Record<string, any>} */
    const saw = visible(id) ?? {};
    const before = Object.fromEntries(Object.keys(fields).map((name) => [name, saw[name]]));
    const overlay = overlays.add({ tab: tabs.id, op, id, fields });
    overlay.item = visible(id);
    const { item, server } = overlay;
    changed({ why: 'local', id, op });
    const stored = outbox.add(() => {
      // It may have been settled since the call.
      const version = last?.state === 'acknowledged' ? (last.version ?? confirmed) : confirmed;
      const chained = last !== undefined && last.state !== 'acknowledged' && overlays.all().includes(last);
      return { url, tab: tabs.id, op, id, fields, before, baseVersion: version, chained };
    }, (entry) => {
      keep(overlay, entry);
      overlays.sort();
    });
    stored.catch((error) => refuse(overlay, notStored(error)));
    const local = stored.then(() => item);
    local.catch(() => {});
    return {
      id,
      get mutationId() {
        return overlay.mutationId;
      },
      local,
      server,
    };
  };

  const open = () => overlays.where(({ state }) => state !== 'acknowledged');

  return {
    mutate,
    hear,
    load,
    /** The stream shows one that is laid over, perhaps before the sender's word. @param {Overlay} overlay @param {any} result */
    confirm(overlay, result) {
      acknowledge(overlay, result);
      const { clientId, mutationId } = overlay;
      if (clientId !== null && mutationId !== null) outbox.confirm(url, { clientId, mutationId, result });
    },
    /** A tab that kept its outbox in memory is gone, and its outbox with it. @param {string} tab */
    abandon(tab) {
      if (overlays.drop((each) => each.tab === tab && each.clientId !== store.clientId()).length === 0) return;
      changed({ why: 'tab-gone' });
      base.refetch('tab-gone'); // some of it may have been committed with its last breath
    },
    /** The storage was emptied: what waited there will not be sent by anybody. */
    forget() {
      settledSeq = 0;
      const lost = overlays.drop(({ seq, state }) => seq !== null && state !== 'acknowledged');
      for (const { reject } of lost) reject(mutationError('the storage was wiped', { name: 'wiped' }));
      if (lost.length > 0) changed({ why: 'outbox' });
      base.refetch('wiped');
    },
    /** @returns {(Mutated & {state: 'queued' | 'sent'})[]} */
    pending: () => open().map((overlay) => ({ ...plain(overlay), state: overlay.state === 'sent' ? 'sent' : 'queued' })),
    /** @param {number} id */
    server: (id) => open().find(({ mutationId, was }) => mutationId === id || was.includes(id))?.server ?? null,
    refused: () => refused,
    /** @param {number} mutationId */
    dismiss: (mutationId) => outbox.tell({ kind: 'dismissed', url, mutationId }),
    close() {
      closed = true;
      clearTimer(grace);
      const gone = mutationError('the collection was closed', { name: 'closed' });
      for (const { reject } of overlays.all()) reject(gone);
    },
  };
};
