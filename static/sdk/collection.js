/**
 * A collection: items that can be changed at once and are confirmed later.
 *
 * What it shows is always the same sum, *confirmed base + mutations laid over it* (replay.js). The base is
 * moved by the ordered stream and by snapshots alone (base.js); an overlay goes when the base holds it or
 * when the server refuses it (overlays.js). This file joins the parts and hears what comes in.
 */

import { createApi } from './api.js';
import { createBase } from './base.js';
import { uuid } from './clock.js';
import { createListeners } from './listeners.js';
import { createMutations } from './mutations.js';
import { createOverlays } from './overlays.js';
import { readCommit, replay } from './replay.js';
import { createSiblings } from './siblings.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */

/**
 * @typedef {{why: 'local' | 'event' | 'snapshot' | 'acknowledged' | 'refused' | 'unsettled' | 'tab' | 'tab-gone'
 *   | 'subscribed' | 'resync' | 'unread' | 'dismissed', id?: string, op?: Op, mutationId?: number,
 *   reason?: string}} Change
 */

/** @typedef {{item: Item, pending: boolean, from: 'self' | 'tab' | null}} Row `from`: whose change is pending */

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
  /** @type {import('./replay.js').Shown[] | null} */
  let shown = null;
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

  const rows = () => (shown ??= replay(base.items().values(), overlays.all()));
  /** @param {Change} change */
  const changed = (change) => {
    shown = null;
    changes.tell(change);
  };
  /** @param {string} id */
  const visible = (id) => {
    shown = null;
    return rows().find(({ item }) => item.id === id)?.item ?? null;
  };

  const mutations = createMutations({
    client, url, base, overlays, visible, isLive, changed, retry,
    send: api.send,
    siblings: () => siblings,
    siblingTimeout: requestTimeout,
  });

  /** @param {import('./dialects/broadcast.js').ChannelEvent} event */
  const receive = (event) => {
    const commit = readCommit(event);
    if (commit) {
      overlays.see(commit);
      const overlay = overlays.find(commit.clientId ?? '', commit.mutationId ?? 0);
      if (overlay && overlay.state !== 'acknowledged') {
        if (overlay.own) {
          mutations.confirm(overlay, commit.item ?? { id: commit.id, version: commit.version });
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
      mutations.awaitEvent();
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
    mutations.kick();
  };
  const offs = [
    client.subscribe(name, receive, {
      onSubscribed(_, position) {
        base.expect(position, 'subscribed');
        changed({ why: 'subscribed' });
      },
      onResync(_, __, reason) {
        base.expect(null, reason);
        changed({ why: 'resync', reason });
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

  /** @type {typeof mutations.mutate} */
  const write = (op, id, fields) => {
    if (closed) throw new Error(`the collection ${name} is closed`);
    return mutations.mutate(op, id, fields);
  };

  return {
    /** What is to be shown, in the server's order, what is not confirmed yet last. @returns {Item[]} */
    items: () => rows().map(({ item }) => item),
    /** The same, with what is pending about each. @returns {Row[]} */
    view: () =>
      rows().map(({ item, mutations: laid }) => {
        const open = laid.filter(({ state }) => state !== 'acknowledged');
        const own = open.some((mutation) => mutation.clientId === clientId);
        return { item, pending: open.length > 0, from: own ? 'self' : open.length > 0 ? 'tab' : null };
      }),
    /** The `id` is made here unless given, so that an item made offline keeps it. @param {Record<string, any>} fields */
    create: (fields) => write('create', typeof fields.id === 'string' ? fields.id : uuid(), fields),
    /** @param {string} id @param {Record<string, any>} patch merged into the item, one level deep */
    update: (id, patch) => write('update', id, patch),
    /** @param {string} id */
    remove: (id) => write('remove', id, {}),
    /** @param {(change: Change) => void} listener */
    onChange: (listener) => changes.add(listener),
    /** This tab's mutations that the server has not settled. */
    pending: mutations.pending,
    /** Those that the server refused, with the reason, until dismissed. */
    refused: mutations.refused,
    /** @param {number} mutationId */
    dismiss(mutationId) {
      mutations.dismiss(mutationId);
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
      mutations.close();
      base.close();
      api.close();
      changes.clear();
    },
  };
};
