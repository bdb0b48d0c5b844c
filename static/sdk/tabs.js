/**
 * The other tabs of this browser profile: messages to them, and the knowledge that one is gone.
 *
 * A tab that closes says `bye`, but one that crashes does not. So each tab holds a Web Lock named after it for as long as it lives, and whoever heard from it waits for that lock: who gets it knows that
 * the tab is dead. (A frozen tab keeps its lock, rightly: it may come back.) Where there are no Web Locks,
 * on a plain `http://` host, `bye` is all there is.
 */

import { createListeners } from './listeners.js';

/**
 * @typedef {object} Tabs
 * @property {string} id this tab's name
 * @property {(topic: string, body: unknown) => void} post to all other tabs, never to this one
 * @property {(topic: string, listener: (body: any, from: string) => void) => () => void} on
 * @property {(listener: (tabId: string) => void) => () => void} onGone
 * @property {(listener: () => void) => () => void} onRestored this page came back from the back/forward
 *   cache: the others believe it gone
 * @property {() => void} unlock do without locks from here on: they went with the storage
 * @property {() => void} close
 */

/** @typedef {{from: string, topic: string, body: unknown, locked: boolean}} Message */

/** Anything of this origin may post to the channel. @param {any} message @returns {message is Message} */
const isMessage = (message) => typeof message?.from === 'string' && typeof message.topic === 'string';

/**
 * @param {object} options
 * @param {string} options.tabId
 * @param {string} options.name of the BroadcastChannel, and the prefix of the locks
 * @returns {Tabs}
 */
export const openTabs = ({ tabId, name }) => {
  const channel = new BroadcastChannel(name);
  /** @type {import('./listeners.js').Listeners<[string, any, string]>} */
  const heard = createListeners();
  /** @type {import('./listeners.js').Listeners<[string]>} */
  const gone = createListeners();
  /** @type {import('./listeners.js').Listeners<[]>} */
  const restored = createListeners();
  /** @type {Map<string, AbortController>} the tabs whose lock we wait for */
  const watched = new Map();
  const own = new AbortController();
  /** @type {Omit<Message, 'locked'>[] | null} what waits for our lock; null once it is decided */
  let waiting = [];
  let locked = false;
  let lockless = !navigator.locks;
  let closed = false;
  let release = () => {};

  /** @param {string} id */
  const lockName = (id) => `${name}:tab:${id}`;

  const flush = () => {
    const messages = waiting ?? [];
    waiting = null;
    for (const message of messages) channel.postMessage({ ...message, locked });
  };

  /** @param {string} topic @param {unknown} body */
  const post = (topic, body) => {
    if (closed) return;
    const message = { from: tabId, topic, body };
    // Whoever hears of us before we hold our lock would get it, and take us for dead.
    if (waiting) waiting.push(message);
    else channel.postMessage({ ...message, locked });
  };

  const hold = () => {
    locked = true;
    flush();
    return new Promise((resolve) => {
      release = () => resolve(undefined);
    });
  };

  /** @param {string} id */
  const watch = (id) => {
    if (lockless || watched.has(id)) return;
    const waitingFor = new AbortController();
    watched.set(id, waitingFor);
    navigator.locks
      .request(lockName(id), { mode: 'shared', signal: waitingFor.signal }, () => forget(id))
      .catch(() => {}); // aborted: it said bye
  };

  /** @param {string} id */
  const forget = (id) => {
    watched.get(id)?.abort();
    watched.delete(id);
    if (!closed) gone.tell(id);
  };

  const bye = () => {
    flush();
    post('bye', null);
  };
  /** @param {PageTransitionEvent} event */
  const onPageShow = ({ persisted }) => {
    if (persisted) restored.tell();
  };

  channel.addEventListener('message', ({ data }) => {
    if (!isMessage(data)) return;
    if (data.topic === 'bye') return forget(data.from);
    if (data.locked) watch(data.from);
    heard.tell(data.topic, data.body, data.from);
  });
  addEventListener('pagehide', bye);
  addEventListener('pageshow', onPageShow);
  if (navigator.locks) {
    // Refused where storage is (a third-party frame): then without, as where locks do not exist.
    navigator.locks.request(lockName(tabId), { signal: own.signal }, hold).catch(flush);
  } else {
    flush();
  }

  return {
    id: tabId,
    post,
    on: (topic, listener) =>
      heard.add((about, body, from) => {
        if (about === topic) listener(body, from);
      }),
    onGone: gone.add,
    onRestored: restored.add,
    unlock() {
      lockless = true;
      locked = false;
      for (const waitingFor of watched.values()) waitingFor.abort();
      watched.clear();
    },
    close() {
      if (closed) return;
      bye();
      closed = true;
      removeEventListener('pagehide', bye);
      removeEventListener('pageshow', onPageShow);
      for (const waitingFor of watched.values()) waitingFor.abort();
      channel.close();
      if (locked) release();
      else own.abort();
    },
  };
};
