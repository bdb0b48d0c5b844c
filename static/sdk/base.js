/**
 * The confirmed base of one collection: what the server holds, as far as this tab knows.
 *
 * It is changed by two things only. Events, strictly by offset: the next one is folded in, an older one is
 * in already, anything else means that something is missing. And snapshots, read when something is missing
 * or invalidated: events that come while one is being read wait, and those after it are folded in then.
 */

import { createLoop } from './loop.js';
import { openPromise } from './promise.js';
import { ahead } from './position.js';
import { fold, readCommit } from './replay.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Commit} Commit */
/** @typedef {import('./dialects/broadcast.js').ChannelEvent} ChannelEvent */
/** @typedef {import('./position.js').Position} Position */
/** @typedef {{items: Item[]} & Position} Snapshot */

const CLOSED = 'the collection is closed';

/** @typedef {ReturnType<typeof createBase>} Base */

/**
 * @param {() => Promise<Snapshot>} read
 * @param {() => Position | null} heard the last position the connection heard of
 * @param {object} told
 * @param {(commit: Commit) => void} told.onCommit the base holds it now (it may have held it before)
 * @param {(reading: number, reason: string) => void} told.onSnapshot the base is what reading number n found
 * @param {(error: any) => void} told.onFailure
 * @param {{retryDelay: number, retryDelayMax: number}} options ms
 */
export const createBase = (read, heard, { onCommit, onSnapshot, onFailure }, options) => {
  /** @type {Map<string, Item>} */
  let items = new Map();
  /** @type {Position | null} */
  let position = null;
  let readings = 0;
  let [reading, stale, behind, closed] = [false, true, false, false];
  /** @type {string | undefined} why a snapshot is wanted */
  let wanted;
  /** @type {ChannelEvent[]} */
  let arrived = [];
  /** @type {PromiseWithResolvers<Position>} */
  let next = openPromise();

  const loop = createLoop(async () => {
    if (!wanted || closed) return;
    const [reason, asked, floor, wasBehind] = [wanted, next, position, behind];
    [wanted, next, arrived, reading] = [undefined, openPromise(), [], true];
    const mine = (readings += 1);
    try {
      const { epoch, offset, ...snapshot } = await read();
      if (closed) throw new Error(CLOSED);
      if (ahead(floor, { epoch, offset }) < 0) {
        // A cache, or a replica that lags. To adopt it would take back what was shown already.
        throw new Error(`a snapshot at ${offset}, when ${floor?.offset} was reached before`);
      }
      items = new Map(snapshot.items.map((item) => [item.id, item]));
      position = { epoch, offset };
      asked.resolve(position);
    } catch (error) {
      reading = false;
      wanted ??= reason;
      asked.reject(error);
      if (closed) return;
      onFailure(error);
      throw error;
    }
    reading = false;
    arrived.forEach(place);
    // The connection may know of more than we have: another epoch, or a snapshot from a laggard.
    const known = heard();
    behind = known !== null && ahead(position, known) > 0;
    if (behind) wanted ??= 'behind';
    stale = Boolean(wanted);
    onSnapshot(mine, reason);
    if (behind && wasBehind) throw new Error('behind'); // asking at once did not help
    if (stale) loop.kick();
  }, options);

  /** @param {string} reason @param {() => void} [start] */
  const want = (reason, start = loop.ask) => {
    wanted ??= reason;
    start();
  };

  /** The channel stands at `other` (null: who knows): if that is further than the base, something is missing. */
  const expect = (/** @type {Position | null} */ other, /** @type {string} */ reason, /** @type {() => void} */ start = loop.kick) => {
    if (other && ahead(position, other) <= 0) return;
    stale = true;
    if (!reading || !other) want(reason, start); // else what is being read may reach that far: it will be seen then
  };

  /** @param {ChannelEvent} event */
  const place = (event) => {
    const { epoch, offset } = event;
    // Without a place in the order even a snapshot that is being read may be older.
    if (epoch === undefined || offset === undefined) return want('invalidated');
    if (reading) arrived.push(event);
    const at = { epoch, offset };
    const step = ahead(position, at);
    const commit = readCommit(event);
    // What follows directly is shown at once, while a snapshot is read too; about the rest that decides.
    if (step === 1 && (commit || !reading)) {
      position = at;
      if (commit) fold(items, commit);
      else want('invalidated');
    }
    if (step > 1 && !reading) expect(at, 'gap', loop.ask);
    if (step <= 1 && commit) onCommit(commit);
  };

  return {
    receive: place,
    expect,
    /** @param {string} reason @returns {Promise<Position>} of the next snapshot that is asked for from now on */
    refetch(reason) {
      const { promise } = next;
      want(reason, loop.kick);
      return promise;
    },
    /** The network may be back: do not wait for the timer. */
    wake: () => loop.kick(),
    items: () => items,
    position: () => position,
    /** Number of snapshots asked for so far. */
    readings: () => readings,
    status: () => ({ loaded: position !== null, stale, confirmed: items.size, position }),
    close() {
      closed = true;
      loop.stop();
      next.reject(new Error(CLOSED));
    },
  };
};
