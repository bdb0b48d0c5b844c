/**
 * What a browser profile keeps: its client id, its fence and its outbox, in IndexedDB, where all its tabs find
 * them. One object store: the profile's record under `profile`, each entry of the outbox under [url, seq].
 *
 * Where there is no IndexedDB (a private window, a third-party frame) the same is kept in memory: then this
 * tab is a client of its own, and what waits does not survive it.
 */

import { setTimer, uuid } from './clock.js';

/**
 * @typedef {object} Entry a mutation that was made and is not settled
 * @property {number} seq its place among all that this profile wrote
 * @property {string} url of its collection
 * @property {string} tab that made it
 * @property {string} clientId
 * @property {number} mutationId grows per collection and client
 * @property {number[]} was its earlier mutation ids, each used up by a conflict
 * @property {import('./replay.js').Op} op
 * @property {string} id the item's
 * @property {Record<string, any>} fields what is created or changed
 * @property {Record<string, any>} before what its maker saw in the place of `fields`
 * @property {number | null} baseVersion the version to send it on
 * @property {boolean} chained it waits for the version that the mutation before it on its item will get
 */

/** @typedef {{clientId: string, fence: number, seq: number, ids: Record<string, number>}} Profile */

/**
 * @typedef {object} Step what one transaction can do
 * @property {(key: any) => Promise<any>} get
 * @property {(key: any, value: any) => Promise<any>} put
 * @property {(key: any) => Promise<any>} remove
 * @property {(url: string, most?: number) => Promise<Entry[]>} entries
 * @property {() => Promise<number>} count
 */

/** @typedef {<T>(work: (step: Step) => Promise<T>) => Promise<T>} Transact */

/** @typedef {ReturnType<typeof openStore>} Store */

/** How soon a storage that was taken away is looked at again, in ms. */
const REOPEN_MS = 1000;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {string} name @param {() => void} onClose @returns {Promise<Transact>} */
const openDisk = async (name, onClose) => {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('kept');
  const database = await answer(opening);
  database.onclose = onClose;
  database.onversionchange = () => {
    database.close(); // somebody deletes it: nobody is to wait for us
    onClose();
  };
  return async (work) => {
    const transaction = database.transaction('kept', 'readwrite');
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
    });
    ended.catch(() => {});
    const kept = transaction.objectStore('kept');
    try {
      const result = await work({
        get: (key) => answer(kept.get(key)),
        put: (key, value) => answer(kept.put(value, key)),
        remove: (key) => answer(kept.delete(key)),
        entries: (url, most) => answer(kept.getAll(IDBKeyRange.bound([url], [url, []]), most)),
        count: () => answer(kept.count(IDBKeyRange.lowerBound([]))),
      });
      await ended;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already; that is why we are here.
      }
      throw error;
    }
  };
};

/** @returns {Transact} */
const openMemory = () => {
  /** @type {Map<string, any>} in the order of their seq, which only grows */
  const kept = new Map();
  const entries = () => [...kept.values()].filter(({ seq, url }) => url && seq);
  /** @type {Promise<any>} */
  let last = Promise.resolve();
  return (work) =>
    (last = last.catch(() => {}).then(() =>
      work({
        get: async (key) => structuredClone(kept.get(String(key))),
        put: async (key, value) => kept.set(String(key), structuredClone(value)),
        remove: async (key) => kept.delete(String(key)),
        entries: async (url, most) => structuredClone(entries().filter((entry) => entry.url === url).slice(0, most)),
        count: async () => entries().length,
      }),
    ));
};

/**
 * @param {object} options
 * @param {string} options.name
 * @param {number} options.most how many entries the outbox takes
 * @param {() => void} options.onWiped the storage was emptied under us: this is another client now
 */
export const openStore = ({ name, most, onWiped }) => {
  /** @type {'opening' | 'indexeddb' | 'memory'} */
  let kind = 'opening';
  /** @type {string | null} */
  let clientId = null;
  let closed = false;
  /** @type {Promise<Transact> | null} */
  let opened = null;

  const lost = () => {
    opened = null;
    if (!closed) setTimer(() => closed || read(async () => {}), REOPEN_MS);
  };

  /** @returns {Promise<Transact>} */
  const open = async () => {
    if (kind !== 'memory') {
      try {
        const transact = await openDisk(name, lost);
        kind = 'indexeddb';
        return transact;
      } catch {
        // No IndexedDB, or not for us.
      }
    }
    kind = 'memory';
    return openMemory();
  };

  /** @template T @param {(step: Step, profile: Profile) => Promise<T>} work @param {boolean} keep @returns {Promise<T>} */
  const transact = async (work, keep) => {
    let told = clientId;
    /** @param {Step} step */
    const whole = async (step) => {
      /** @type {Profile | undefined} */
      let profile = await step.get('profile');
      const isNew = profile === undefined;
      profile ??= { clientId: uuid(), fence: 0, seq: 0, ids: {} };
      told = profile.clientId;
      const result = await work(step, profile);
      if (keep || isNew) await step.put('profile', profile);
      return result;
    };
    /** @type {T} */
    let result;
    try {
      result = await (await (opened ??= open()))(whole);
    } catch (error) {
      // Closed under us a moment ago: nothing was done.
      if (/** @type {Error} */ (error).name !== 'InvalidStateError') throw error;
      opened = null;
      result = await (await (opened ??= open()))(whole);
    }
    const before = clientId;
    clientId = told;
    if (before !== null && before !== told) onWiped();
    return result;
  };

  /** @template T @param {(step: Step, profile: Profile) => Promise<T>} work */
  const change = (work) => transact(work, true);
  /** @template T @param {(step: Step, profile: Profile) => Promise<T>} work */
  const read = (work) => transact(work, false);

  return {
    ready: read(async () => {}),
    kind: () => kind,
    clientId: () => clientId,
    /** The number of a new term: greater than all before it. */
    nextFence: () => change(async (_, profile) => (profile.fence += 1)),
    /** @param {string} url @param {number} [limit] */
    entries: (url, limit) => read((step) => step.entries(url, limit)),
    /** The collections that have something waiting. @returns {Promise<string[]>} */
    urls: () =>
      read(async (step, { ids }) => {
        const urls = Object.keys(ids);
        const heads = await Promise.all(urls.map((url) => step.entries(url, 1)));
        return urls.filter((_, at) => heads[at].length > 0);
      }),
    /**
     * Keep a mutation; what it is is asked for in the very step that gives it its number.
     * @param {() => Omit<Entry, 'seq' | 'clientId' | 'mutationId' | 'was'>} make
     * @returns {Promise<Entry>}
     */
    add: (make) =>
      change(async (step, profile) => {
        if ((await step.count()) >= most) {
          throw Object.assign(new Error(`${most} writes wait already`), { name: 'outbox_full' });
        }
        const made = make();
        const mutationId = (profile.ids[made.url] ?? 0) + 1;
        profile.ids[made.url] = mutationId;
        profile.seq += 1;
        /** @type {Entry} */
        const entry = { ...made, seq: profile.seq, clientId: profile.clientId, mutationId, was: [] };
        await step.put([entry.url, entry.seq], entry);
        return entry;
      }),
    /** It is settled. The next one on its item is to be sent on `version`. @param {Entry} entry @param {number | null} version */
    settle: ({ url, seq, id }, version) =>
      read(async (step) => {
        await step.remove([url, seq]);
        if (version === null) return;
        const next = (await step.entries(url)).find((entry) => entry.id === id);
        if (next?.chained) await step.put([url, next.seq], { ...next, chained: false, baseVersion: version });
      }),
    /**
     * Send it again as another mutation. Ids must grow, so all that wait behind it get new ones too: none of
     * them was ever sent.
     * @param {Entry} entry @param {Partial<Entry>} now
     */
    again: (entry, now) =>
      change(async (step, profile) => {
        for (const other of await step.entries(entry.url)) {
          if (other.seq < entry.seq) continue;
          const mutationId = (profile.ids[entry.url] += 1);
          const was = [...other.was, other.mutationId];
          const changes = other.seq === entry.seq ? now : {};
          await step.put([other.url, other.seq], { ...other, ...changes, mutationId, was });
        }
      }),
    close() {
      closed = true;
    },
  };
};
