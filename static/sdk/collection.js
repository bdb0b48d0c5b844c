/**
 * A collection: items that can be changed at once and are confirmed later.
 *
 * What it shows is always the same sum, *confirmed base + mutations laid over it* (replay.js). The base is
 * moved by the ordered stream and by snapshots alone (base.js); an overlay goes when the base holds it or
 * when the server refuses it (mutations.js). This file joins the parts and hears what comes in.
 */

import { readSnapshot } from './api.js';
import { createBase } from './base.js';
import { uuid } from './clock.js';
import { createListeners } from './listeners.js';
import { createMutations } from './mutations.js';
import { readCommit, replay } from './replay.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */

/**
 * @typedef {{why: 'local' | 'event' | 'snapshot' | 'acknowledged' | 'refused' | 'unsettled' | 'tab' | 'tab-gone'
 *   | 'outbox' | 'subscribed' | 'resync' | 'unread' | 'dismissed', id?: string, op?: Op, mutationId?: number | null,
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
 * @param {import('./conflict.js').Resolve} [options.resolve] what is to become of a write that met another
 *   version; asked in the tab that leads
 */
export const createCollection = ({
  name,
  client,
  baseUrl = '',
  requestTimeout = 10_000,
  retryDelay = 1000,
  retryDelayMax = 30_000,
  resolve,
}) => {
  const { parts } = client;
  const { outbox, tabs } = parts;
  const closing = new AbortController();
  const path = `${baseUrl.replace(/\/$/, '')}/api/${encodeURIComponent(name)}`;
  const url = new URL(path, location.href).href;
  const retry = { delay: retryDelay, ceiling: retryDelayMax };
  /** @type {import('./listeners.js').Listeners<[Change]>} */
  const changes = createListeners();
  /** @type {import('./replay.js').Shown[] | null} */
  let shown = null;
  let closed = false;

  const isLive = () => client.isLive(name);
  const base = createBase({
    async read() {
      await client.ready;
      return readSnapshot(url, client.clientId ?? '', { timeout: requestTimeout, stop: closing.signal });
    },
    heard: () => (isLive() ? client.position(name) : null),
    onCommit: (commit) => mutations.committed(commit),
    onSnapshot: (reading, reason) => {
      mutations.snapshot(reading);
      changed({ why: 'snapshot', reason });
    },
    onFailure: (error) => changed({ why: 'unread', reason: String(/** @type {Error} */ (error).message) }),
    retry,
  });

  const rows = () => (shown ??= replay(base.items().values(), mutations.all()));
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

  const mutations = createMutations({ url, parts, base, visible, isLive, changed });

  /** @param {import('./dialects/broadcast.js').ChannelEvent} event */
  const receive = (event) => {
    const commit = readCommit(event);
    if (commit) mutations.see(commit);
    base.receive(event);
    changed({ why: 'event', id: event.payload?.entity_id, reason: event.event });
  };

  const offs = [
    outbox.attach({ url, hear: mutations.hear, resolve, requestTimeout, retry }),
    parts.onWiped(mutations.forget),
    tabs.onGone(mutations.abandon),
    tabs.onRestored(mutations.load),
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
      if (state === 'connected') base.wake();
    }),
    listenForWake((reason) => {
      if (reason !== 'offline') base.wake();
    }),
  ];
  mutations.load().catch(() => {}); // what cannot be read cannot be written: whoever writes is told
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
        const own = open.some((mutation) => mutation.tab === tabs.id);
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
    /** The profile's mutations that the server has not settled, whichever tab made them. */
    pending: mutations.pending,
    /** The `server` promise of a pending mutation, to be had again after a reload; else null. */
    server: mutations.server,
    /** Those that were refused, with the reason, until dismissed. */
    refused: mutations.refused,
    /** In all tabs. */
    dismiss: mutations.dismiss,
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
    /** Stop. What is pending stays in the outbox and is sent; its `server` promises reject as indefinite. */
    close() {
      if (closed) return;
      closed = true;
      for (const off of offs) off();
      mutations.close();
      base.close();
      closing.abort(new DOMException('the collection is closed', 'AbortError'));
      changes.clear();
    },
  };
};
