/**
 * Which tab of the profile leads: it keeps the one socket and sends the outbox.
 *
 * Whoever holds the Web Lock leads; the others wait for it in a queue, so that a leader that closes or
 * crashes is followed at once. A frozen one keeps its lock: so the others ask it for a sign of life, and steal
 * the lock if none comes. The one that was stolen from may wake up in the middle of a request: each term has
 * a number of its own, the *fence*, that goes with every write, and the server refuses an older one.
 *
 * Where there are no Web Locks, whoever hears of no leader begins a term; of two, the older one ends.
 * Where the profile is not shared (storage in memory), every tab leads itself.
 */

import { clearTimer, random, setTimer, ticks } from './clock.js';

/** How often a leader is asked for a sign of life, in ms. */
const WATCH_MS = 1000;
/** How long that sign may take. A leader that froze is replaced after both, and the handshake of a socket. */
const PATIENCE_MS = 1500;
/** Without locks: how long a tab that begins listens for a leader. */
const FIRST_PATIENCE_MS = 300;

/** @typedef {ReturnType<typeof createLeader>} Leader */

/**
 * @param {object} options
 * @param {string} options.name of the lock
 * @param {import('./tabs.js').Tabs} options.tabs
 * @param {import('./store.js').Store} options.store
 * @param {(fence: number) => void} options.onLead a term of this tab has begun
 * @param {() => void} options.onLost it has ended
 * @param {(tab: string | null) => void} options.onOther that tab leads now, or (null) the one that led is gone
 */
export const createLeader = ({ name, tabs, store, onLead, onLost, onOther }) => {
  let { locks } = navigator;
  let [closed, late] = [false, false];
  const isAlone = () => store.kind() === 'memory';
  /** @type {number | null} this tab's own, while it leads */
  let fence = null;
  /** @type {string | null} the tab that leads, if it is another */
  let other = null;
  /** @type {import('./clock.js').Timer | null} */
  let timer = null;
  /** @type {AbortController | null} */
  let queued = null;
  let release = () => {};

  /** @param {() => void} next @param {number} ms */
  const wait = (next, ms) => {
    clearTimer(timer);
    timer = closed || isAlone() ? null : setTimer(next, ms);
  };

  const lead = async () => {
    const mine = await store.change((profile) => (profile.fence += 1));
    if (closed) return;
    [fence, other, late] = [mine, null, false];
    clearTimer(timer);
    tabs.post('leader', mine);
    onLead(mine);
  };

  const lose = () => {
    release();
    if (fence === null) return;
    fence = null;
    onLost();
    watch(WATCH_MS);
  };

  /** @param {LockOptions} how */
  const request = (how) =>
    locks
      .request(name, how, async () => {
        await store.ready;
        if (isAlone() || closed) return;
        const held = new Promise((resolve) => (release = () => resolve(undefined)));
        await lead();
        await held;
      })
      .catch((error) => {
        // Stolen, or taken back by ourselves. Anything else: refused where storage is, in a third-party frame.
        if (error.name !== 'AbortError') locks = /** @type {any} */ (undefined);
        lose();
      });

  const campaign = () => {
    if (!locks || isAlone() || closed) return;
    const mine = (queued = new AbortController());
    request({ signal: mine.signal }).then(() => mine.signal.aborted || campaign());
  };

  /** Ask who leads. @param {number} patience */
  const ask = (patience) => {
    const askedAt = ticks();
    tabs.post('who', null);
    wait(() => {
      // Late itself, this tab was frozen or throttled, and the answer may be waiting behind this very timer.
      const overslept = ticks() - askedAt > patience + WATCH_MS;
      if (overslept && !late) {
        late = true;
        return ask(patience);
      }
      late = false;
      if (!locks) return lead();
      queued?.abort();
      request({ steal: true }).then(campaign);
      watch(PATIENCE_MS);
    }, patience);
  };
  /** @param {number} ms */
  const watch = (ms) => wait(() => ask(PATIENCE_MS), ms);
  /** Without locks: nobody leads, as it seems. */
  const contend = () => ask(FIRST_PATIENCE_MS * (0.5 + random()));

  /** @param {string} tab */
  const gone = (tab) => {
    if (tab !== other) return;
    other = null;
    onOther(null);
    if (!locks) contend();
  };

  tabs.on('who', () => {
    // By a timer: a frozen page still hears messages, but no timer rings in it, and no answer of a server comes.
    if (fence !== null) setTimer(() => fence !== null && tabs.post('leader', fence), 0);
  });
  tabs.on('leader', (theirs, from) => {
    if (isAlone()) return;
    if (fence !== null && theirs < fence) return tabs.post('leader', fence); // it does not know yet
    if (fence !== null) lose();
    late = false;
    watch(WATCH_MS);
    if (other === from) return;
    other = from;
    onOther(from);
  });
  tabs.on('vacant', (_, from) => gone(from));
  tabs.onGone(gone);

  campaign();
  store.ready.then(() => {
    if (isAlone()) {
      queued?.abort();
      if (fence === null) lead();
    } else if (fence === null && !closed) {
      if (locks) watch(WATCH_MS);
      else contend();
    }
  });

  return {
    leads: () => fence !== null,
    fence: () => fence,
    /** Let another tab lead, if one wants to; this one is the last in the queue then. */
    resign() {
      if (fence === null || isAlone()) return;
      tabs.post('vacant', null);
      lose();
    },
    /**
     * The storage was wiped, and with it go its locks: new documents have others than we. So this one does
     * without from here on. The number of the term begins anew, too.
     */
    wiped() {
      locks = /** @type {any} */ (undefined);
      if (fence !== null) lead();
    },
    /** The server has seen a later term. */
    fenced: lose,
    close() {
      closed = true;
      clearTimer(timer);
      queued?.abort();
      fence = null;
      release();
    },
  };
};
