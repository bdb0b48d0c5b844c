/**
 * The confirmed base of one collection: what the server holds, as far as this tab knows.
 *
 * It is changed by two things only. Events, strictly by offset: the next one is folded in, an older one is
 * in already, anything else means that something is missing. And snapshots, read when something is missing
 * or invalidated: events that come while one is being read wait, and those after it are folded in then.
 */

import { backoff } from './backoff.js';
import { clearTimer, random, setTimer } from './clock.js';
import { fold, readCommit } from './replay.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Commit} Commit */
/** @typedef {import('./dialects/broadcast.js').ChannelEvent} ChannelEvent */
/** @typedef {import('./dialects/broadcast.js').Position} Position */
/** @typedef {{items: Item[]} & Position} Snapshot */
/** @typedef {{resolve: (position: Position) => void, reject: (error: unknown) => void}} Waiter */

/**
 * @typedef {object} BaseOptions
 * @property {() => Promise<Snapshot>} read
 * @property {() => Position | null} heard the last position the connection heard of
 * @property {(commit: Commit) => void} onCommit the base holds it now (it may have held it before)
 * @property {(reading: number, reason: string) => void} onSnapshot the base is what reading number n found
 * @property {(error: unknown) => void} onFailure
 * @property {{delay: number, ceiling: number}} retry ms
 */

/** @typedef {ReturnType<typeof createBase>} Base */

/** @param {BaseOptions} options */
export const createBase = ({ read, heard, onCommit, onSnapshot, onFailure, retry }) => {
  /** @type {Map<string, Item>} */
  let items = new Map();
  /** @type {Position | null} */
  let position = null;
  let readings = 0;
  let reading = false;
  let stale = true;
  let closed = false;
  let misses = 0;
  /** @type {string | null} why a snapshot is wanted */
  let wanted = null;
  /** @type {ChannelEvent[]} */
  let arrived = [];
  /** @type {Waiter[]} */
  let waiters = [];
  /** @type {import('./clock.js').Timer | null} */
  let timer = null;

  /** @param {Position | null} other */
  const isBehind = (other) =>
    other !== null && (position === null || position.epoch !== other.epoch || position.offset < other.offset);

  const start = async () => {
    if (reading || closed || wanted === null) return;
    clearTimer(timer);
    timer = null;
    const reason = wanted;
    const asking = waiters;
    [wanted, waiters, arrived, reading] = [null, [], [], true];
    readings += 1;
    const mine = readings;
    const floor = position;
    try {
      const snapshot = await read();
      if (closed) throw new Error('the collection is closed');
      if (floor !== null && floor.epoch === snapshot.epoch && snapshot.offset < floor.offset) {
        // A cache, or a replica that lags. To adopt it would take back what was shown already.
        throw new Error(`a snapshot at ${snapshot.offset}, when ${floor.offset} was reached before`);
      }
      adopt(snapshot, mine, reason);
      for (const { resolve } of asking) resolve({ epoch: snapshot.epoch, offset: snapshot.offset });
    } catch (error) {
      reading = false;
      for (const { reject } of asking) reject(error);
      if (closed) return;
      onFailure(error);
      missed(reason);
    }
  };

  /** @param {Snapshot} snapshot @param {number} mine @param {string} reason */
  const adopt = (snapshot, mine, reason) => {
    items = new Map(snapshot.items.map((item) => [item.id, item]));
    position = { epoch: snapshot.epoch, offset: snapshot.offset };
    reading = false;
    const later = arrived;
    arrived = [];
    for (const event of later) place(event);
    // The connection may know of more than we have: another epoch, or a snapshot from a laggard.
    if (isBehind(heard())) missed('behind');
    else misses = 0;
    stale = wanted !== null;
    onSnapshot(mine, reason);
    if (wanted !== null && timer === null) start();
  };

  /** Something is missing, and asking did not help (yet): ask at once the first time, then ever more slowly. */
  const missed = (/** @type {string} */ reason) => {
    wanted ??= reason;
    if (timer !== null) return;
    const ms = misses === 0 ? 0 : backoff({ attempt: misses, ...retry, chance: random() });
    misses += 1;
    timer = setTimer(start, ms);
  };

  /** @param {ChannelEvent} event @returns {boolean} whether the base changed */
  const place = (event) => {
    const { epoch, offset } = event;
    if (epoch === undefined || offset === undefined || position === null) return false;
    if (epoch !== position.epoch || offset > position.offset + 1) {
      stale = true;
      missed(epoch === position.epoch ? 'gap' : 'epoch');
      return false;
    }
    const commit = readCommit(event);
    const isNext = offset === position.offset + 1;
    if (isNext) {
      position = { epoch, offset };
      if (commit) fold(items, commit);
      else wanted ??= 'invalidated';
    }
    if (commit) onCommit(commit);
    return isNext && commit !== null;
  };

  return {
    /** @param {ChannelEvent} event @returns {boolean} whether the base changed */
    receive(event) {
      if (event.offset === undefined) {
        wanted ??= 'invalidated'; // no place in the order: even a snapshot that is being read may be older
      } else if (reading) {
        arrived.push(event);
        // What follows directly is shown at once; the snapshot decides about the rest.
        const { epoch, offset } = event;
        if (position?.epoch !== epoch || offset !== (position?.offset ?? 0) + 1 || !readCommit(event)) return false;
      }
      const changed = place(event);
      if (wanted !== null && timer === null) start();
      return changed;
    },
    /** The channel stands at `other` (null: who knows): if that is further than the base, something is missing. */
    expect(/** @type {Position | null} */ other, /** @type {string} */ reason) {
      if (other !== null && !isBehind(other)) return;
      stale = true;
      if (reading && other !== null) return; // what is being read may reach that far: `adopt` will see
      wanted ??= reason;
      start();
    },
    /** @param {string} reason @returns {Promise<Position>} of the next snapshot that is asked for from now on */
    refetch(reason) {
      wanted ??= reason;
      const done = new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
      });
      done.catch(() => {}); // it is asked for again by itself; whoever wants to know has the promise
      start();
      return done;
    },
    /** The network may be back: do not wait for the timer. */
    wake() {
      start();
    },
    items: () => items,
    position: () => position,
    /** Number of snapshots asked for so far. */
    readings: () => readings,
    status: () => ({ loaded: position !== null, stale, reading }),
    close() {
      closed = true;
      clearTimer(timer);
      for (const { reject } of waiters) reject(new Error('the collection is closed'));
    },
  };
};
