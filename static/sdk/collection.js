/**
 * A collection: items that can be changed at once and are confirmed later.
 *
 * What it shows is always the same sum, *confirmed base + mutations laid over it* (replay.js). The base is
 * moved by the ordered stream and by snapshots alone (base.js); an overlay goes when the base holds it or
 * when the server refuses it (overlays.js). This file makes mutations and joins the parts.
 */

import { createApi, mutationError } from './api.js';
import { createBase } from './base.js';
import { clearTimer, setTimer, uuid } from './clock.js';
import { createListeners } from './listeners.js';
import { createOutbox, nextMutationId } from './outbox.js';
import { createOverlays } from './overlays.js';
import { readCommit, replay } from './replay.js';
import { createSiblings } from './siblings.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */
/** @typedef {import('./overlays.js').Overlay} Overlay */
/** @typedef {import('./api.js').MutationError} MutationError */

/**
 * @typedef {{why: 'local' | 'event' | 'snapshot' | 'acknowledged' | 'refused' | 'unsettled' | 'tab' | 'tab-gone'
 *   | 'subscribed' | 'resync' | 'unread' | 'dismissed', id?: string, op?: Op, mutationId?: number,
 *   reason?: string}} Change
 */

/**
 * @typedef {object} Handle
 * @property {string} id the item's
 * @property {number} mutationId
 * @property {Promise<Item | null>} local the item as it is shown; it is shown already
 * @property {Promise<any>} server the item, or `{id, version}` of a removed one; rejects with a MutationError
 */

/** @typedef {{item: Item, pending: boolean, from: 'self' | 'tab' | null}} Row `from`: whose change is pending */

/** @typedef {{mutationId: number, op: Op, id: string, fields: Record<string, any>, item: Item | null}} Mutated */

/** An acknowledged mutation whose event does not come: ask, rather than wait for the next position check. */
const EVENT_GRACE_MS = 5000;

/**
 * @param {object} options
 * @param {string} options.name of the collection and of its channel
 * @param {import('./broadcast-client.js').BroadcastClient} options.client
 * @param {string} [options.baseUrl] where `/api/<name>` is, if not on the page's own origin
 * @param {number} [options.requestTimeout] ms (10 000)
 * @param {number} [options.retryDelay] the wait before a repeat, doubling, in ms (1000)
 * @param {number} [options.retryDelayMax] the longest wait, in ms (30 000)
 */
export const createCollection = ({
  name,
  client,
  baseUrl = '',
  requestTimeout = 10_000,
  retryDelay = 1000,
  retryDelayMax = 30_000,
}) => {
  const { clientId } = client;
  const path = `${baseUrl.replace(/\/$/, '')}/api/${encodeURIComponent(name)}`;
  const url = new URL(path, location.href).href;
  const retry = { delay: retryDelay, ceiling: retryDelayMax };
  /** @type {import('./listeners.js').Listeners<[Change]>} */
  const changes = createListeners();
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: MutationError) => void}>} */
  const promises = new Map();
  /** @type {(Mutated & {error: MutationError})[]} */
  let refused = [];
  /** @type {import('./replay.js').Shown[] | null} */
  let shown = null;
  /** @type {import('./clock.js').Timer | null} */
  let grace = null;
  let closed = false;

  const isLive = () => client.isLive(name);
  const api = createApi({ url, clientId, requestTimeout });
  const base = createBase({
    read: api.snapshot,
    heard: () => (isLive() ? client.position(name) : null),
    onCommit: (commit) => {
      overlays.committed(commit);
    },
    onSnapshot: (reading, reason) => {
      overlays.snapshot(reading);
      changed({ why: 'snapshot', reason });
    },
    onFailure: (error) => changed({ why: 'unread', reason: String(/** @type {Error} */ (error).message) }),
    retry,
  });
  const overlays = createOverlays(base);

  /** @param {Change} change */
  const changed = (change) => {
    shown = null;
    changes.tell(change);
  };

  const rows = () => (shown ??= replay(base.items().values(), overlays.all()));
  /** @param {string} id */
  const visible = (id) => rows().find(({ item }) => item.id === id)?.item ?? null;

  /** @param {Overlay} overlay @returns {Mutated} */
  const plain = ({ mutationId, op, id, fields, item }) => ({ mutationId, op, id, fields, item });

  // Own mutations, from the call to the answer

  /** @type {ReturnType<typeof createOutbox<Overlay>>} */
  const outbox = createOutbox({
    async send(overlay) {
      const { after } = overlay;
      if (after && !after.own) await soon(after.settled);
      return api.send(overlay, after?.version ?? overlay.baseVersion);
    },
    onAnswer(overlay, answer) {
      const { id, op, mutationId } = overlay;
      if (answer.kind === 'acknowledged') return acknowledge(overlay, answer.result);
      if (answer.kind === 'unsettled') return changed({ why: 'unsettled', id, op, mutationId, reason: answer.error.name });
      const { error } = answer;
      overlays.remove(overlay);
      refused = [...refused, { ...plain(overlay), error }];
      siblings.refused(mutationId);
      promises.get(mutationId)?.reject(error);
      promises.delete(mutationId);
      changed({ why: 'refused', id, op, mutationId, reason: error.name });
      if (!isLive()) base.refetch('refused');
    },
    retry,
  });

  /** A sibling's create is under way: an edit of that item would be a 404 before it. Waits, but not for ever. */
  const soon = (/** @type {Promise<void>} */ settled) =>
    new Promise((resolve) => {
      const timer = setTimer(() => resolve(undefined), requestTimeout);
      settled.then(() => {
        clearTimer(timer);
        resolve(undefined);
      });
    });

  /** @param {Overlay} overlay own, by its answer or by its event, whichever comes first @param {any} result */
  const acknowledge = (overlay, result) => {
    const { mutationId, op, id } = overlay;
    if (op === 'create') overlay.fields = result; // the server may have added fields of its own
    overlays.acknowledge(overlay, result?.version ?? null);
    siblings.acknowledged(mutationId, overlay.version);
    promises.get(mutationId)?.resolve(result);
    promises.delete(mutationId);
    changed({ why: 'acknowledged', id, op, mutationId });
    if (!isLive()) base.refetch('acknowledged');
    awaitEvent();
  };

  const awaitEvent = () => {
    if (grace !== null) return;
    grace = setTimer(() => {
      grace = null;
      if (overlays.all().some(({ state }) => state === 'acknowledged')) base.refetch('unconfirmed');
    }, EVENT_GRACE_MS);
  };

  /** @param {Op} op @param {string} id @param {Record<string, any>} given @returns {Handle} */
  const mutate = (op, id, given) => {
    if (closed) throw new Error(`the collection ${name} is closed`);
    // A copy, as it will travel: what the caller does with its object later is not part of this mutation.
    const { id: _, version: __, ...fields } = JSON.parse(JSON.stringify(given));
    const last = overlays.lastOn(id) ?? null;
    const acknowledged = last?.state === 'acknowledged' ? last.version : null;
    const after = last && acknowledged === null && (last.own || last.op === 'create') ? last : null;
    const confirmed = base.items().get(id)?.version ?? null;
    const overlay = overlays.add(
      {
        clientId,
        mutationId: nextMutationId(client, url),
        op,
        id,
        fields,
        item: null,
        baseVersion: acknowledged ?? confirmed,
        state: 'queued',
        version: null,
      },
      { own: true, after },
    );
    const { mutationId } = overlay;
    const server = new Promise((resolve, reject) => promises.set(mutationId, { resolve, reject }));
    server.catch(() => {}); // told by refused() too: nobody is obliged to listen here
    shown = null;
    overlay.item = visible(id);
    siblings.made(overlay);
    changed({ why: 'local', id, op, mutationId });
    outbox.push(overlay);
    return { id, mutationId, local: Promise.resolve(overlay.item), server };
  };

  // What comes in

  /** @param {import('./dialects/broadcast.js').ChannelEvent} event */
  const receive = (event) => {
    const commit = readCommit(event);
    if (commit) {
      overlays.see(commit);
      const overlay = overlays.find(commit.clientId ?? '', commit.mutationId ?? 0);
      if (overlay && overlay.state !== 'acknowledged') {
        if (overlay.own) {
          outbox.confirm(overlay);
          acknowledge(overlay, commit.item ?? { id: commit.id, version: commit.version });
        } else {
          overlays.acknowledge(overlay, commit.version);
        }
      }
    }
    base.receive(event);
    changed({ why: 'event', id: event.payload?.entity_id, reason: event.event });
  };

  const siblings = createSiblings({
    tabs: client.tabs,
    collection: url,
    underWay: overlays.own,
    onMutation(mutation, announced) {
      if (overlays.find(mutation.clientId, mutation.mutationId)) return;
      if (overlays.wasSeen(mutation.clientId, mutation.mutationId)) return;
      const { state, version, id, op, mutationId } = mutation;
      const overlay = overlays.add({ ...mutation, state: 'queued', version: null }, { own: false });
      if (state === 'acknowledged') overlays.acknowledge(overlay, version);
      changed({ why: 'tab', id, op, mutationId });
      // Nothing that is shown waits for it; it is how a sibling's news invalidates this tab's copy.
      if (!announced || state === 'acknowledged') base.refetch('tab');
    },
    onAcknowledged(from, mutationId, version) {
      const overlay = overlays.find(from, mutationId);
      if (!overlay || overlay.own || overlay.state === 'acknowledged') return;
      overlays.acknowledge(overlay, version);
      changed({ why: 'tab', id: overlay.id, op: overlay.op, mutationId, reason: 'acknowledged' });
      if (!isLive()) base.refetch('tab');
      awaitEvent();
    },
    onRefused(from, mutationId) {
      const overlay = overlays.find(from, mutationId);
      if (!overlay || overlay.own) return;
      overlays.remove(overlay);
      changed({ why: 'tab', id: overlay.id, op: overlay.op, mutationId, reason: 'refused' });
    },
    onGone(from) {
      if (overlays.abandon(from).length === 0) return;
      changed({ why: 'tab-gone' });
      base.refetch('tab-gone'); // some of it may have been committed with its last breath
    },
  });

  const wake = () => {
    base.wake();
    outbox.kick();
  };
  const offs = [
    client.subscribe(name, receive, {
      onSubscribed(_, position) {
        base.expect(position, 'subscribed');
        changed({ why: 'subscribed' });
      },
      onResync(_, __, reason) {
        changed({ why: 'resync', reason });
        base.refetch(reason);
      },
    }),
    client.onStateChange((state) => {
      if (state === 'connected') wake();
    }),
    listenForWake((reason) => {
      if (reason !== 'offline') wake();
    }),
  ];
  base.refetch('opened');

  return {
    /** What is to be shown, in the server's order, what is not confirmed yet last. @returns {Item[]} */
    items: () => rows().map(({ item }) => item),
    /** The same, with what is pending about each. @returns {Row[]} */
    view: () =>
      rows().map(({ item, mutations }) => {
        const open = mutations.filter(({ state }) => state !== 'acknowledged');
        const own = open.some((mutation) => mutation.clientId === clientId);
        return { item, pending: open.length > 0, from: own ? 'self' : open.length > 0 ? 'tab' : null };
      }),
    /** The `id` is made here unless given, so that an item made offline keeps it. @param {Record<string, any>} fields */
    create: (fields) => mutate('create', typeof fields.id === 'string' ? fields.id : uuid(), fields),
    /** @param {string} id @param {Record<string, any>} patch merged into the item, one level deep */
    update: (id, patch) => mutate('update', id, patch),
    /** @param {string} id */
    remove: (id) => mutate('remove', id, {}),
    /** @param {(change: Change) => void} listener */
    onChange: (listener) => changes.add(listener),
    /** This tab's mutations that the server has not settled. @returns {(Mutated & {state: 'queued' | 'sent'})[]} */
    pending: () =>
      overlays.own().flatMap((overlay) => {
        const { state } = overlay;
        return state === 'acknowledged' ? [] : [{ ...plain(overlay), state }];
      }),
    /** Those that the server refused, with the reason, until dismissed. */
    refused: () => refused,
    /** @param {number} mutationId */
    dismiss(mutationId) {
      refused = refused.filter((mutation) => mutation.mutationId !== mutationId);
      changed({ why: 'dismissed', mutationId });
    },
    /** Read the collection anew. Rejects if that fails; it is tried again by itself. */
    refetch: () => base.refetch('asked for'),
    /**
     * `loaded`: a snapshot was read; `live`: every change will be heard, and none is known to be missing;
     * `confirmed`: how many items the server has, as far as this tab knows.
     */
    status: () => {
      const { loaded, stale, reading } = base.status();
      const live = loaded && !stale && isLive();
      return { loaded, live, reading, confirmed: base.items().size, position: base.position() };
    },
    /** Stop. What is pending is not sent any more, and its `server` promises reject as indefinite. */
    close() {
      if (closed) return;
      closed = true;
      for (const off of offs) off();
      siblings.close();
      outbox.close();
      base.close();
      clearTimer(grace);
      for (const { reject } of promises.values()) {
        reject(mutationError('the collection was closed', { code: 'closed', name: 'closed', definite: false }));
      }
      api.close();
      changes.clear();
    },
  };
};
