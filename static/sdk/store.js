/**
 * What a browser profile keeps: its client id, its fence and its outbox, in IndexedDB, where all its tabs find
 * them. It is one record, which each transaction reads and writes whole: the outbox is bounded, and short.
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
 */

/**
 * @typedef {object} Profile
 * @property {string} clientId
 * @property {number} fence of the last term
 * @property {number} seq of the last entry
 * @property {Record<string, number>} ids the last mutation id, by collection
 * @property {Entry[]} outbox in the order they were made
 */

/** @typedef {(work: (profile: Profile) => void, keep: boolean) => Promise<void>} Transact */

/** @typedef {ReturnType<typeof openStore>} Store */

/** How soon a storage that was taken away is looked at again, in ms. */
const REOPEN_MS = 1000;

/** @returns {Profile} */
const newProfile = () => ({ clientId: uuid(), fence: 0, seq: 0, ids: {}, outbox: [] });

/** @param {string} name @param {() => void} onClose @returns {Promise<Transact>} */
const openDisk = (name, onClose) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('kept');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      database.onclose = onClose;
      database.onversionchange = () => {
        database.close(); // somebody deletes it: nobody is to wait for us
        onClose();
      };
      resolve((work, keep) => transact(database, work, keep));
    };
  });

/** @param {IDBDatabase} database @param {(profile: Profile) => void} work @param {boolean} keep @returns {Promise<void>} */
const transact = (database, work, keep) =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction('kept', 'readwrite');
    const kept = transaction.objectStore('kept');
    const reading = kept.get('all');
    reading.onsuccess = () => {
      const profile = reading.result ?? newProfile();
      try {
        work(profile);
        if (keep || !reading.result) kept.put(profile, 'all');
      } catch (error) {
        reject(error);
        transaction.abort();
      }
    };
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('the storage was closed', 'InvalidStateError'));
  });

/** @returns {Transact} */
const openMemory = () => {
  let kept = newProfile();
  return async (work) => {
    const profile = structuredClone(kept);
    work(profile);
    kept = profile;
  };
};

/**
 * @param {string} name
 * @param {() => void} onWiped the storage was emptied under us: this is another client now
 */
export const openStore = (name, onWiped) => {
  /** @type {'opening' | 'indexeddb' | 'memory'} */
  let kind = 'opening';
  /** @type {string | null} */
  let clientId = null;
  let closed = false;
  /** @type {Promise<Transact> | null} */
  let opened = null;

  const lost = () => {
    opened = null;
    if (!closed) setTimer(() => closed || read(() => {}), REOPEN_MS);
  };

  /** @returns {Promise<Transact>} */
  const open = async () => {
    if (kind !== 'memory') {
      try {
        const disk = await openDisk(name, lost);
        kind = 'indexeddb';
        return disk;
      } catch {
        // No IndexedDB, or not for us.
      }
    }
    kind = 'memory';
    return openMemory();
  };

  /** @template T @param {(profile: Profile) => T} work @param {boolean} [keep] @returns {Promise<T>} */
  const read = async (work, keep = false) => {
    let now = '';
    let result = /** @type {T} */ (undefined);
    /** @param {Profile} profile */
    const whole = (profile) => {
      now = profile.clientId;
      result = work(profile);
    };
    const attempt = async () => (await (opened ??= open()))(whole, keep);
    await attempt().catch((error) => {
      // Closed under us a moment ago: nothing was done.
      if (error.name !== 'InvalidStateError') throw error;
      opened = null;
      return attempt();
    });
    const before = clientId;
    clientId = now;
    if (before !== null && before !== now) onWiped();
    return result;
  };

  return {
    ready: read(() => {}),
    kind: () => kind,
    clientId: () => clientId,
    read,
    /** What `work` does to the profile is kept, all or nothing. @template T @param {(profile: Profile) => T} work */
    change: (work) => read(work, true),
    close() {
      closed = true;
    },
  };
};
