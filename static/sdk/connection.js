/**
 * One connection that is kept up: it owns the link, the wait between attempts and the state. It knows
 * nothing of channels and frames: text comes out, text goes in. A link is a socket, or the way to the tab
 * that has one (links.js).
 */

import { backoff } from './backoff.js';
import { clearTimer, now, random, setTimer, ticks } from './clock.js';
import { next, stateOf } from './transitions.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./transitions.js').State} State */

/**
 * @typedef {object} Status
 * @property {State} state
 * @property {string} reason why the state became what it is
 * @property {number} attempt how many were made since a connection last worked
 * @property {number | null} retryAt ms since 1970, while it waits for the next one
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {(events: import('./links.js').LinkEvents) => import('./links.js').Link} open throws if it cannot be
 * @property {number} reconnectDelay ms
 * @property {number} reconnectDelayMax ms
 * @property {number} maxReconnectAttempts
 * @property {() => void} onOpen before anybody hears of `connected`
 * @property {() => void} onLost the socket is gone, whoever ended it
 * @property {(text: string) => void} onText
 * @property {(state: State, reason: string) => void} onChange
 * @property {(why: string) => void} onDoubt the browser says that the network changed under an open socket
 */

/** Close codes after which the same would only happen again: a violated policy, a missing extension, ours. */
const isFinal = (/** @type {number} */ code) => code === 1008 || code === 1010 || (code >= 4400 && code < 4500);

/** An open socket that lived this long was worth its attempt: the next loss counts from one again. */
const PROVEN_AFTER_MS = 5000;

/** @typedef {ReturnType<typeof createConnection>} Connection */

/** @param {ConnectionOptions} options */
export const createConnection = (options) => {
  /** @type {import('./transitions.js').Phase} */
  let phase = 'idle';
  let reason = 'new';
  let attempt = 0;
  let openedAt = 0;
  /** @type {number | null} */
  let retryAt = null;
  /** @type {import('./links.js').Link | undefined} */
  let link;
  /** @type {import('./clock.js').Timer | undefined} */
  let timer;
  /** @type {(() => void) | undefined} */
  let stopListening;

  /**
   * @param {import('./transitions.js').Happening} happening
   * @param {string} why
   */
  const take = (happening, why) => {
    const before = phase;
    phase = next(before, happening);
    if (phase === before) return;
    clearTimer(timer);
    retryAt = null;
    enter[phase]?.();
    if (stateOf(phase) === stateOf(before)) return;
    reason = why;
    options.onChange(stateOf(phase), why);
  };

  const open = () => {
    // What a superseded link has to say is of no interest to anybody, whatever it is.
    let current = true;
    /** @param {(...args: any[]) => void} act */
    const heard = (act) => (/** @type {any[]} */ ...args) => current && act(...args);
    try {
      const { send, close } = options.open({
        opened: heard(() => take('opened', 'opened')),
        text: heard(options.onText),
        closed: heard((code, why = phase === 'connected' ? `lost (${code})` : 'failed') => {
          if (isFinal(code)) take('disconnect', `refused (${code})`);
          else ended(why);
        }),
      });
      link = {
        send,
        close() {
          current = false;
          close();
        },
      };
    } catch {
      // The browser refuses before it tries (mixed content). Treated as a failed attempt, in its own turn.
      timer = setTimer(() => ended('failed'), 0);
    }
  };

  /** Leave the link, if there is one: from here on it is superseded. */
  const drop = () => {
    const old = link;
    link = undefined;
    old?.close();
    if (old) options.onLost();
  };

  /** @param {string} why */
  const ended = (why) => {
    if (phase === 'connected' && ticks() - openedAt >= PROVEN_AFTER_MS) prove();
    drop();
    if (attempt < options.maxReconnectAttempts) take('closed', why);
    else take('exhausted', 'gave-up');
  };

  /** The link works: the server has said something sensible. What fails from here on counts anew. */
  const prove = () => {
    attempt = 0;
  };

  /** The link may look open, but whoever speaks through it knows better. @param {string} why */
  const fail = (why) => {
    if (phase === 'connected') ended(why);
  };

  /**
   * What is done on entering a phase.
   * @type {Partial<Record<import('./transitions.js').Phase, () => void>>}
   */
  const enter = {
    idle() {
      stopListening?.();
      stopListening = undefined;
      drop();
    },
    connecting() {
      attempt = 0;
      stopListening ??= listenForWake((why) => {
        if (why !== 'offline') take('wake', why);
        if (phase === 'connected') options.onDoubt(why);
      });
      open();
    },
    connected() {
      openedAt = ticks();
      options.onOpen();
    },
    waiting() {
      attempt += 1;
      const { reconnectDelay: delay, reconnectDelayMax: ceiling } = options;
      const ms = backoff(attempt, delay, ceiling, random());
      retryAt = now() + ms;
      timer = setTimer(() => take('wake', 'retry'), ms);
    },
    trying: open,
  };

  return {
    connect: () => take('connect', 'connect'),
    /** Final: nothing brings this connection back but `connect()`. */
    disconnect: () => take('disconnect', 'disconnect'),
    /** @param {string} text */
    send(text) {
      if (phase === 'connected') link?.send(text);
    },
    /** Another link is to be used: go over to it now, or try it without waiting for the next attempt. @param {string} why */
    renew(why) {
      if (link && phase !== 'connected') {
        drop();
        open();
      }
      fail(why);
      take('wake', why);
    },
    fail,
    prove,
    /** @returns {Status} */
    status: () => ({ state: stateOf(phase), reason, attempt, retryAt }),
  };
};
