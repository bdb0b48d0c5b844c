/**
 * The profile's mutations on their way to the server. The tab that leads sends them, each collection's in
 * order, one at a time, each until it is settled; all tabs are told what became of it.
 *
 * What is to be sent next is always read from the store: it is the outbox, not a copy that a tab keeps. A
 * mutation leaves it only after everybody was told, so whoever leads next finds what nobody heard the end of,
 * sends it again under the same mutation id, and gets the first answer.
 */

import { sendEntry } from './api.js';
import { rebase } from './conflict.js';
import { createLoop } from './loop.js';

/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {import('./store.js').Profile} Profile */
/** @typedef {import('./api.js').Answer} Answer */
/** @typedef {Pick<Entry, 'clientId' | 'seq'>} Name of a mutation: a conflict gives it another id, but not another place */

/**
 * @typedef {{kind: 'made', entry: Entry}
 *   | {kind: Answer['kind'], entry: Entry, result?: any, error?: import('./api.js').Problem}
 *   | {kind: 'dismissed', url: string, mutationId: number}
 *   | {kind: 'changed', url?: string}
 *   | {kind: 'gone', tab: string}
 *   | {kind: 'wiped' | 'wake'}} News
 *   `changed`: read the outbox anew; `gone`: a tab is; `wiped`: the storage was; `wake`: the network may be back
 */

/**
 * @typedef {object} Attached an open collection
 * @property {string} url
 * @property {(news: News) => void} hear of this tab or of another
 * @property {import('./conflict.js').Resolve} [resolve]
 */

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/**
 * @param {import('./store.js').Store} store
 * @param {import('./tabs.js').Tabs} tabs
 * @param {Required<import('./options.js').ClientOptions>} options
 * @param {() => void} onFenced
 */
export const createOutbox = (store, tabs, options, onFenced) => {
  /** @type {Set<Attached>} */
  const open = new Set();
  /** @type {{fence: number, stop: AbortController, lanes: Map<string, ReturnType<typeof createLane>>} | undefined} */
  let term; // while this tab leads

  /** @param {News} news of one collection, or for all that are open */
  const hear = (news) => {
    const url = 'entry' in news ? news.entry.url : 'url' in news && news.url;
    for (const each of [...open]) if (!url || url === each.url) each.hear(news);
  };

  /** @param {News} news */
  const tell = (news) => {
    tabs.post('outbox', news);
    hear(news);
  };

  /** @param {string} url @returns {Promise<Entry[]>} */
  const entries = (url) => store.read(({ outbox }) => outbox.filter((entry) => entry.url === url));

  /** @param {string} url @param {number} fence @param {AbortSignal} stop */
  const createLane = (url, fence, stop) => {
    /** @type {Name & {end: (answer: Answer) => void} | undefined} the last that was sent, and how to have done with it */
    let sent;

    /** @param {Entry} entry @returns {Promise<Answer>} */
    const answerTo = (entry) =>
      new Promise((end) => {
        sent = { ...entry, end };
        sendEntry(entry, fence, options.requestTimeout, stop).then(end);
      });

    const loop = createLoop(async () => {
      // Not a look at the storage without need: a frozen page hears that it lost, and what it opens it holds.
      while (!stop.aborted) {
        const [entry] = await entries(url);
        if (!entry || stop.aborted) return;
        const answer = await answerTo(entry);
        const { kind, result, error } = answer;
        if (stop.aborted) return;
        if (kind === 'fenced') return onFenced();
        if (kind === 'unsettled') {
          hear({ entry, ...answer });
          throw error;
        }
        const now = error && rebase(entry, error, [...open].find((each) => each.url === url)?.resolve);
        if (now) {
          await store.change((profile) => again(profile, entry, now));
          tell({ kind: 'changed', url });
        } else {
          tell({ entry, ...answer });
          await store.change((profile) => settle(profile, entry, result?.version));
        }
      }
    }, options);

    return {
      ...loop,
      /** @param {Name} name @param {any} result */
      confirm({ clientId, seq }, result) {
        if (sent?.seq !== seq || sent.clientId !== clientId) return;
        sent.end({ kind: 'acknowledged', result });
        loop.kick(); // if it waits to send it again: it gets the answer now
      },
    };
  };

  /** Of this term; undefined if another tab leads. @param {string} url */
  const lane = (url) => {
    if (term && !term.lanes.has(url)) term.lanes.set(url, createLane(url, term.fence, term.stop.signal));
    return term?.lanes.get(url);
  };

  /** Whatever waits, wherever it came from. */
  const kick = async () => {
    if (!term) return;
    const waiting = await store.read(({ outbox }) => outbox.map(({ url }) => url)).catch(() => []);
    for (const url of new Set(waiting)) lane(url)?.kick();
  };

  const stop = () => {
    term?.stop.abort();
    term?.lanes.forEach((each) => each.stop());
    term = undefined;
  };

  tabs.on('outbox', (/** @type {News} */ news) => {
    hear(news);
    if (news.kind === 'made') lane(news.entry.url)?.ask();
  });
  tabs.onGone((tab) => {
    hear({ kind: 'gone', tab });
    kick(); // it may have died between the storing of a mutation and the telling
  });

  return {
    /** @param {Attached} collection @returns {() => void} */
    attach(collection) {
      open.add(collection);
      return () => {
        open.delete(collection);
      };
    },
    entries,
    /**
     * Keep a mutation; what it is is asked for in the very step that gives it its number. Everybody is told,
     * and the one that leads sends it.
     * @param {string} url
     * @param {() => Pick<Entry, 'tab' | 'op' | 'id' | 'fields' | 'before' | 'baseVersion'>} make
     * @param {(entry: Entry) => void} onStored
     */
    async add(url, make, onStored) {
      const entry = await store.change((profile) => {
        const { clientId, ids, outbox } = profile;
        if (outbox.length >= options.outboxMax) throw new DOMException(`${outbox.length} writes wait already`, 'outbox_full');
        const mutationId = (ids[url] = (ids[url] ?? 0) + 1);
        const made = { ...make(), url, clientId, mutationId, seq: (profile.seq += 1), was: [] };
        outbox.push(made);
        return made;
      });
      onStored(entry);
      tell({ kind: 'made', entry });
      lane(url)?.ask();
    },
    hear,
    tell,
    /** The stream shows it: its answer is not needed. @param {string} url @param {Name} name @param {any} result */
    confirm: (url, name, result) => lane(url)?.confirm(name, result),
    /** The network may be back, or the page. @param {import('./wake.js').WakeReason} [reason] */
    wake(reason) {
      if (reason === 'offline') return;
      hear({ kind: reason === 'restored' ? 'changed' : 'wake' });
      kick();
    },
    /** @param {number} fence */
    begin(fence) {
      stop();
      term = { fence, stop: new AbortController(), lanes: new Map() };
      kick();
    },
    stop,
  };
};

/** It is settled. The next one on its item is to be sent on `version`. @param {Profile} profile @param {Entry} settled @param {number} [version] */
const settle = (profile, { seq, url, id }, version) => {
  profile.outbox = profile.outbox.filter((entry) => entry.seq !== seq);
  const next = profile.outbox.find((entry) => entry.url === url && entry.id === id);
  if (next && version) next.baseVersion = version;
};

/**
 * Send it again as another mutation. Ids must grow, so all that wait behind it get new ones too: none of
 * them was ever sent.
 * @param {Profile} profile @param {Entry} entry @param {Partial<Entry>} now
 */
const again = ({ outbox, ids }, { seq, url }, now) => {
  for (const other of outbox) {
    if (other.url !== url || other.seq < seq) continue;
    other.was.push(other.mutationId);
    Object.assign(other, other.seq === seq && now, { mutationId: (ids[url] += 1) });
  }
};
