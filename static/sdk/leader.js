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
 * @param {string} name of the lock
 * @param {import('./tabs.js').Tabs} tabs
 * @param {import('./store.js').Store} store
 * @param {object} told
 * @param {(fence: number) => void} told.onLead a term of this tab has begun
 * @param {() => void} told.onLost it has ended
 * @param {(tab?: string) => void} told.onOther that tab leads now, or the one that led is gone
 */
export const createLeader = (name, tabs, store, { onLead, onLost, onOther }) => {
  let locks = /** @type {LockManager | undefined} */ (navigator.locks);
  let [closed, late] = [false, false];
  const isAlone = () => store.kind() === 'memory';
  /** @type {number | undefined} this tab's own, while it leads */
  let fence;
  /** @type {string | undefined} the tab that leads, if it is another */
  let other;
  /** @type {import('./clock.js').Timer | undefined} */
  let timer;
  /** @type {AbortController | undefined} of the place in the queue */
  let queued;
  let release = () => {};

  /** @param {() => void} next @param {number} ms */
  const wait = (next, ms) => {
    clearTimer(timer);
    if (!closed && !isAlone()) timer = setTimer(next, ms);
  };

  const lead = async () => {
    const mine = await store.change((profile) => (profile.fence += 1));
    if (closed) return;
    [fence, other, late] = [mine, undefined, false];
    clearTimer(timer);
    tabs.post('leader', mine);
    onLead(mine);
  };

  const lose = () => {
    release();
    if (fence === undefined) return;
    fence = undefined;
    onLost();
    watch();
  };

  /** @param {LockOptions} how */
  const request = (how) =>
    locks
      ?.request(name, how, async () => {
        if (closed) return;
        const held = new Promise((resolve) => (release = () => resolve(undefined)));
        await lead();
        await held;
      })
      .catch((error) => {
        // Stolen, or taken back by ourselves. Anything else: refused where storage is, in a third-party frame.
        if (error.name !== 'AbortError') locks = undefined;
        lose();
      });

  const campaign = async () => {
    if (!locks || closed) return;
    const mine = (queued = new AbortController());
    await request({ signal: mine.signal });
    if (!mine.signal.aborted) campaign();
  };

  /** Ask who leads. @param {number} patience */
  const ask = (patience) => {
    const askedAt = ticks();
    tabs.post('who');
    wait(() => {
      // Late itself, this tab was frozen or throttled, and the answer may be waiting behind this very timer.
      late = !late && ticks() - askedAt > patience + WATCH_MS;
      if (late) return ask(patience);
      if (!locks) return lead();
      queued?.abort();
      request({ steal: true })?.then(campaign);
      watch(PATIENCE_MS);
    }, patience);
  };
  const watch = (ms = WATCH_MS) => wait(() => ask(PATIENCE_MS), ms);
  /** Without locks: nobody leads, as it seems. */
  const contend = () => ask(FIRST_PATIENCE_MS * (0.5 + random()));
  const assert = () => {
    if (fence !== undefined) tabs.post('leader', fence);
  };

  /** @param {string} tab */
  const gone = (tab) => {
    if (tab !== other) return;
    other = undefined;
    onOther();
    if (!locks) contend();
  };

  // By a timer: a frozen page still hears messages, but no timer rings in it, and no answer of a server comes.
  tabs.on('who', () => setTimer(assert, 0));
  tabs.on('leader', (theirs, from) => {
    if (isAlone()) return;
    if (fence !== undefined && theirs < fence) return assert(); // it does not know yet
    if (fence !== undefined) lose();
    late = false;
    watch();
    if (other === from) return;
    other = from;
    onOther(from);
  });
  tabs.on('vacant', (_, from) => gone(from));
  tabs.onGone(gone);

  store.ready.then(() => {
    if (closed) return;
    if (isAlone()) return lead();
    campaign();
    if (locks) watch();
    else contend();
  });

  return {
    leads: () => fence !== undefined,
    /** Let another tab lead, if one wants to; this one is the last in the queue then. */
    resign() {
      if (fence === undefined || isAlone()) return;
      tabs.post('vacant');
      lose();
    },
    /**
     * The storage was wiped, and with it go its locks: new documents have others than we. So this one does
     * without from here on. The number of the term begins anew, too.
     */
    wiped() {
      locks = undefined;
      if (fence !== undefined) lead();
    },
    /** The server has seen a later term. */
    fenced: lose,
    close() {
      closed = true;
      clearTimer(timer);
      queued?.abort();
      fence = undefined;
      release();
    },
  };
};
