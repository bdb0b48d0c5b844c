/**
 * The profile's mutations on their way to the server. The tab that leads sends them, each collection's in
 * order, one at a time, each until it is settled; all tabs are told what became of it.
 *
 * What is to be sent next is always read from the store: it is the outbox, not a copy that a tab keeps. A
 * mutation leaves it only after everybody was told, so whoever leads next finds what nobody heard the end of,
 * sends it again under the same mutation id, and gets the first answer.
 */

import { mutationError, sendEntry } from './api.js';
import { backoff } from './backoff.js';
import { clearTimer, random, setTimer } from './clock.js';
import { rebase } from './conflict.js';

/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {import('./api.js').MutationError} MutationError */

/**
 * @typedef {{kind: 'made', url: string, entry: Entry}
 *   | {kind: 'sent' | 'unsettled', url: string, seq: number, reason?: string}
 *   | {kind: 'acknowledged', url: string, seq: number, result: any}
 *   | {kind: 'refused', url: string, seq: number, entry: Entry, error: any}
 *   | {kind: 'dismissed', url: string, mutationId: number}
 *   | {kind: 'changed', url: string | null}} News `changed`: read the outbox anew
 */

/**
 * @typedef {object} Attached an open collection
 * @property {string} url
 * @property {(news: News, from: string | null) => void} hear `from` is the tab that tells it, null for this one
 * @property {import('./conflict.js').Resolve} [resolve]
 * @property {number} requestTimeout ms
 * @property {{delay: number, ceiling: number}} retry ms
 */

/** What a collection that is not open in this tab is sent with. */
const DEFAULTS = { requestTimeout: 10_000, retry: { delay: 1000, ceiling: 30_000 }, resolve: undefined };

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/**
 * @param {object} options
 * @param {import('./store.js').Store} options.store
 * @param {import('./tabs.js').Tabs} options.tabs
 * @param {() => void} options.onFenced
 */
export const createOutbox = ({ store, tabs, onFenced }) => {
  /** @type {Set<Attached>} */
  const open = new Set();
  /** @type {Map<string, ReturnType<typeof createLane>>} */
  const lanes = new Map();
  /** @type {{fence: number, stop: AbortController} | null} while this tab leads */
  let term = null;

  /** @param {string | null} url null: whatever is open */
  const openAt = (url) => [...open].filter((each) => url === null || each.url === url);
  /** @param {string} url */
  const optionsOf = (url) => openAt(url)[0] ?? DEFAULTS;

  /** @param {News} news @param {string | null} [from] */
  const hear = (news, from = null) => {
    for (const each of openAt(news.url)) each.hear(news, from);
  };

  /** @param {News} news */
  const tell = (news) => {
    if (news.kind !== 'sent' && news.kind !== 'unsettled') tabs.post('outbox', news);
    hear(news);
  };

  /** @param {string} url */
  const createLane = (url) => {
    let [busy, wanted, failures] = [false, false, 0];
    /** @type {import('./clock.js').Timer | null} */
    let timer = null;
    /** @type {{clientId: string, mutationId: number, result: any} | null} what the stream has shown to be committed */
    let seen = null;
    let confirmed = () => false;

    /** @param {Entry} entry @param {NonNullable<typeof term>} mine @returns {Promise<import('./api.js').Answer>} */
    const settle = (entry, { fence, stop }) => {
      const { requestTimeout } = optionsOf(url);
      tell({ kind: 'sent', url, seq: entry.seq });
      return new Promise((resolve) => {
        // Its event may come first, and says all that the answer can say.
        confirmed = () => {
          if (seen?.mutationId !== entry.mutationId || seen.clientId !== entry.clientId) return false;
          resolve({ kind: 'acknowledged', result: seen.result });
          return true;
        };
        if (!confirmed()) sendEntry(entry, fence, { timeout: requestTimeout, stop: stop.signal }).then(resolve);
      });
    };

    /** @param {Entry} entry @param {import('./api.js').Answer} answer @returns {Promise<boolean>} whether to go on */
    const take = async (entry, answer) => {
      const { seq } = entry;
      const { retry, resolve } = optionsOf(url);
      if (answer.kind === 'fenced') {
        onFenced();
        return false;
      }
      if (answer.kind === 'unsettled') {
        failures += 1;
        timer = setTimer(kick, backoff({ attempt: failures, ...retry, chance: random() }));
        tell({ kind: 'unsettled', url, seq, reason: answer.error.name });
        return false;
      }
      failures = 0;
      if (answer.kind === 'acknowledged') {
        tell({ kind: 'acknowledged', url, seq, result: answer.result });
        await store.settle(entry, answer.result?.version ?? null);
        return true;
      }
      const again = rebase(entry, answer.error, resolve);
      if (again) {
        await store.again(entry, again);
        tell({ kind: 'changed', url });
      } else {
        const { message, name, code, current, definite } = answer.error;
        tell({ kind: 'refused', url, seq, entry, error: { message, name, code, current, definite } });
        await store.settle(entry, null);
      }
      return true;
    };

    const pump = async () => {
      wanted = true;
      if (busy || timer !== null) return;
      busy = true;
      try {
        while (term !== null && wanted && timer === null) {
          const mine = term;
          wanted = false;
          const [entry] = await store.entries(url, 1);
          if (!entry || term !== mine) continue;
          wanted = true;
          const answer = await settle(entry, mine);
          if (term === mine && !(await take(entry, answer))) break;
        }
      } catch {
        timer = setTimer(kick, DEFAULTS.retry.delay); // the storage: it may come back
      }
      busy = false;
    };

    /** There is something to send, or the network may be back: do not wait for the timer. */
    const kick = () => {
      clearTimer(timer);
      timer = null;
      pump();
    };

    return {
      kick,
      pump,
      /** @param {NonNullable<typeof seen>} what */
      confirm(what) {
        seen = what;
        confirmed();
        if (timer !== null) kick();
      },
      stop() {
        clearTimer(timer);
        timer = null;
        failures = 0;
      },
    };
  };

  /** @param {string} url */
  const lane = (url) => {
    let found = lanes.get(url);
    if (!found) lanes.set(url, (found = createLane(url)));
    return found;
  };

  /** Whatever waits, wherever it came from. */
  const kickAll = async () => {
    if (term === null) return;
    for (const url of await store.urls().catch(() => [])) lane(url).kick();
  };

  const stop = () => {
    term?.stop.abort(new DOMException('another tab leads', 'AbortError'));
    term = null;
    for (const each of lanes.values()) each.stop();
  };

  tabs.on('outbox', (/** @type {News} */ news, from) => {
    hear(news, from);
    if (news.kind === 'made' && term !== null) lane(news.url).pump();
  });
  // It may have died between the storing of a mutation and the telling.
  tabs.onGone(kickAll);

  return {
    /** @param {Attached} collection @returns {() => void} */
    attach(collection) {
      open.add(collection);
      return () => {
        open.delete(collection);
      };
    },
    /**
     * Everybody is told, and the one that leads sends it.
     * @param {Parameters<typeof store.add>[0]} make @param {(entry: Entry) => void} onStored
     */
    async add(make, onStored) {
      const entry = await store.add(make);
      onStored(entry);
      tell({ kind: 'made', url: entry.url, entry });
      if (term !== null) lane(entry.url).pump();
      return entry;
    },
    tell,
    /**
     * The stream shows it: its answer is not needed.
     * @param {string} url @param {{clientId: string, mutationId: number, result: any}} what
     */
    confirm(url, what) {
      if (term !== null) lane(url).confirm(what);
    },
    kick: kickAll,
    /** @param {number} fence */
    begin(fence) {
      stop();
      term = { fence, stop: new AbortController() };
      kickAll();
    },
    stop,
  };
};

/** @param {unknown} error of the storage @returns {MutationError} it certainly is not, and will not be, sent */
export const notStored = (error) => {
  const { name, message } = /** @type {Error} */ (error);
  const known = /** @type {Record<string, string>} */ ({ QuotaExceededError: 'quota' })[name] ?? name;
  return mutationError(message, { name: known, definite: true });
};
