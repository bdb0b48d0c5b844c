/**
 * The other tabs of this browser profile: messages to them, and the knowledge that one is gone.
 *
 * A tab that closes says `bye`, but one that crashes does not. So each tab holds a Web Lock named after it for
 * as long as it lives, and whoever heard from it waits for that lock: who gets it knows that the tab is dead.
 * (A frozen tab keeps its lock, rightly: it may come back.) Where there are no Web Locks, on a plain `http://`
 * host, `bye` is all there is.
 */

import { createListeners } from './listeners.js';

/**
 * @typedef {object} Tabs
 * @property {string} id this tab's name
 * @property {(topic: string, body?: unknown) => void} post to all other tabs, never to this one
 * @property {(topic: string, listener: (body: any, from: string) => void) => void} on one listener a topic
 * @property {(listener: (tabId: string) => void) => () => void} onGone
 * @property {() => void} unlock do without locks from here on: they went with the storage
 * @property {() => void} close
 */

/** @typedef {{from: string, topic: string, body: unknown, locked: boolean}} Message */

/**
 * @param {string} id
 * @param {string} name of the BroadcastChannel, and the prefix of the locks
 * @returns {Tabs}
 */
export const openTabs = (id, name) => {
  const channel = new BroadcastChannel(name);
  const { locks } = navigator;
  /** @type {Map<string, (body: any, from: string) => void>} */
  const heard = new Map();
  /** @type {import('./listeners.js').Listeners<[string]>} */
  const gone = createListeners();
  /** @type {Map<string, AbortController>} the tabs whose lock we wait for */
  const watched = new Map();
  const open = new AbortController();
  const { signal } = open;
  /** @type {Omit<Message, 'locked'>[] | undefined} what waits for our lock; until that is decided */
  let waiting = [];
  let locked = false;
  let lockless = !locks;

  const lockOf = (/** @type {string} */ tab) => `${name}:tab:${tab}`;

  const flush = () => {
    const messages = waiting ?? [];
    waiting = undefined;
    for (const message of messages) channel.postMessage({ ...message, locked });
  };

  /** @param {string} topic @param {unknown} [body] */
  const post = (topic, body) => {
    if (signal.aborted) return;
    const message = { from: id, topic, body };
    // Whoever hears of us before we hold our lock would get it, and take us for dead.
    if (waiting) waiting.push(message);
    else channel.postMessage({ ...message, locked });
  };

  const hold = () => {
    locked = true;
    flush();
    return new Promise((resolve) => signal.addEventListener('abort', resolve));
  };

  /** @param {string} tab */
  const watch = (tab) => {
    if (lockless || watched.has(tab)) return;
    const watching = new AbortController();
    watched.set(tab, watching);
    // Aborted: it said bye.
    locks.request(lockOf(tab), { mode: 'shared', signal: watching.signal }, () => forget(tab)).catch(() => {});
  };

  /** @param {string} tab */
  const forget = (tab) => {
    watched.get(tab)?.abort();
    watched.delete(tab);
    if (!signal.aborted) gone.tell(tab);
  };

  const bye = () => {
    flush();
    post('bye');
  };

  const unlock = () => {
    lockless = true;
    locked = false;
    watched.forEach((watching) => watching.abort());
  };

  // Anything of this origin may post to the channel.
  channel.onmessage = ({ data }) => {
    const { from, topic, body, locked: watchable } = data ?? {};
    if (typeof from !== 'string') return;
    if (topic === 'bye') return forget(from);
    if (watchable) watch(from);
    heard.get(topic)?.(body, from);
  };
  addEventListener('pagehide', bye, { signal });
  // Refused where storage is (a third-party frame): then without, as where locks do not exist.
  if (locks) locks.request(lockOf(id), { signal }, hold).catch(flush);
  else flush();

  return {
    id,
    post,
    on: (topic, listener) => heard.set(topic, listener),
    onGone: gone.add,
    unlock,
    close() {
      bye();
      unlock();
      open.abort();
      channel.close();
    },
  };
};
