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

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */

/**
 * @typedef {{why: 'local' | 'event' | 'snapshot' | 'acknowledged' | 'refused' | 'unsettled' | 'tab' | 'tab-gone'
 *   | 'outbox' | 'subscribed' | 'resync' | 'unread' | 'dismissed', id?: string, op?: Op, reason?: string}} Change
 */

/** @typedef {{item: Item, pending: boolean, from: 'self' | 'tab' | null}} Row `from`: whose change is pending */

/**
 * @typedef {object} CollectionOptions
 * @property {string} name of the collection and of its channel
 * @property {import('./broadcast-client.js').BroadcastClient} client
 * @property {string} [baseUrl] where `/api/<name>` is, if not on the page's own origin
 * @property {import('./conflict.js').Resolve} [resolve] what is to become of a write that met another
 *   version; asked in the tab that leads
 */

/** @param {CollectionOptions} given */
export const createCollection = (given) => {
  const { name, client, baseUrl = '', resolve } = given;
  const { parts } = client;
  const { options } = parts;
  const closing = new AbortController();
  const { signal } = closing;
  const { href: url } = new URL(`${baseUrl.replace(/\/$/, '')}/api/${encodeURIComponent(name)}`, location.href);
  /** @type {import('./listeners.js').Listeners<[Change]>} */
  const changes = createListeners();
  /** @type {import('./replay.js').Shown[] | undefined} */
  let shown;

  const isLive = () => client.isLive(name);
  const rows = () => (shown ??= replay(base.items().values(), mutations.all()));
  /** @param {Change} change */
  const changed = (change) => {
    shown = undefined;
    changes.tell(change);
  };
  /** @param {string} id */
  const visible = (id) => {
    shown = undefined;
    return rows().find(({ item }) => item.id === id)?.item ?? null;
  };

  const read = async () => {
    await client.ready;
    return readSnapshot(url, client.clientId ?? '', options.requestTimeout, signal);
  };
  const base = createBase(read, () => (isLive() ? client.position(name) : null), {
    onCommit: (commit) => mutations.committed(commit),
    onSnapshot: (reading, reason) => {
      mutations.snapshot(reading);
      changed({ why: 'snapshot', reason });
    },
    onFailure: ({ message }) => changed({ why: 'unread', reason: message }),
  }, options);
  const mutations = createMutations(url, parts, base, { visible, isLive, changed });

  /** @param {import('./dialects/broadcast.js').ChannelEvent} event */
  const receive = (event) => {
    const commit = readCommit(event);
    if (commit) mutations.see(commit);
    base.receive(event);
    changed({ why: 'event', id: event.payload?.entity_id, reason: event.event });
  };
  /** @param {import('./outbox.js').News} news */
  const hear = (news) => {
    if (news.kind === 'wake') base.wake();
    else mutations.hear(news);
  };

  const detach = parts.outbox.attach({ url, hear, resolve });
  const unsubscribe = client.subscribe(name, receive, {
    onSubscribed(_, position) {
      base.expect(position, 'subscribed');
      changed({ why: 'subscribed' });
    },
    onResync(_, __, reason) {
      base.expect(null, reason);
      changed({ why: 'resync', reason });
    },
  });
  mutations.load().catch(() => {}); // what cannot be read cannot be written: whoever writes is told
  base.refetch('opened');

  /** @type {typeof mutations.mutate} */
  const write = (op, id, fields) => {
    if (signal.aborted) throw new Error(`the collection ${name} is closed`);
    return mutations.mutate(op, id, fields);
  };

  return {
    /** What is to be shown, in the server's order, what is not confirmed yet last. @returns {Item[]} */
    items: () => rows().map(({ item }) => item),
    /** The same, with what is pending about each. @returns {Row[]} */
    view: () =>
      rows().map(({ item, mutations: laid }) => {
        const open = laid.filter(({ settled }) => !settled);
        const pending = open.length > 0;
        const own = open.some(({ tab }) => tab === parts.tabs.id);
        return { item, pending, from: own ? 'self' : pending ? 'tab' : null };
      }),
    /** The `id` is made here unless given, so that an item made offline keeps it. @param {Record<string, any>} fields */
    create: (fields) => write('create', typeof fields.id === 'string' ? fields.id : uuid(), fields),
    /** @param {string} id @param {Record<string, any>} patch merged into the item, one level deep */
    update: (id, patch) => write('update', id, patch),
    /** @param {string} id */
    remove: (id) => write('remove', id, {}),
    ...mutations.shown,
    /** @param {(change: Change) => void} listener */
    onChange: (listener) => changes.add(listener),
    /** Read the collection anew. Rejects if that fails; it is tried again by itself. */
    refetch: () => base.refetch('asked for'),
    /**
     * `loaded`: a snapshot was read; `live`: every change will be heard, and none is known to be missing;
     * `confirmed`: how many items the server has, as far as this tab knows.
     */
    status: () => {
      const { stale, ...status } = base.status();
      return { ...status, live: !stale && isLive() };
    },
    /** Stop. What is pending stays in the outbox and is sent; its `server` promises reject as indefinite. */
    close() {
      closing.abort();
      detach();
      unsubscribe();
      mutations.close();
      base.close();
      changes.clear();
    },
  };
};
