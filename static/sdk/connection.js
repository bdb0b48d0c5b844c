/**
 * One connection that is kept up: it owns the link, the wait between attempts and the state. It knows
 * nothing of channels and frames: text comes out, text goes in. A link is a socket, or the way to the tab
 * that has one (links.js).
 */

import { backoff } from './backoff.js';
import { clearTimer, now, random, setTimer, ticks } from './clock.js';
import { next, transitions } from './transitions.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./transitions.js').State} State */

/**
 * @typedef {{state: 'disconnected', reason: string}
 *   | {state: 'connecting', reason: string}
 *   | {state: 'connected', reason: string}
 *   | {state: 'reconnecting', reason: string, attempt: number, retryAt: number | null}} Status
 *   `reason` says why the state became what it is; `retryAt` is null while an attempt runs
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
 * @property {() => void} onDoubt the browser says that the network changed under an open socket
 */

/** Close codes after which the same would only happen again: a violated policy, a missing extension, ours. */
const isFinal = (/** @type {number} */ code) => code === 1008 || code === 1010 || (code >= 4400 && code < 4500);

/** An open socket that lived this long was worth its attempt: the next loss counts from one again. */
const PROVEN_AFTER_MS = 5000;

/** @param {ConnectionOptions} options */
export const createConnection = (options) => {
  /** @type {import('./transitions.js').Phase} */
  let phase = 'idle';
  let reason = 'new';
  let attempt = 0;
  let openedAt = 0;
  let proven = false;
  /** @type {number | null} */
  let retryAt = null;
  /** @type {import('./links.js').Link | null} */
  let link = null;
  /** @type {import('./clock.js').Timer | null} */
  let timer = null;
  /** @type {(() => void) | null} */
  let stopListening = null;

  /**
   * @param {import('./transitions.js').Happening} happening
   * @param {string} why
   */
  const take = (happening, why) => {
    const before = phase;
    phase = next(before, happening);
    if (phase === before) return;
    clearTimer(timer);
    timer = retryAt = null;
    enter[phase]();
    const { state } = transitions[phase];
    if (state === transitions[before].state) return;
    reason = why;
    options.onChange(state, why);
  };

  const open = () => {
    // What a superseded link has to say is of no interest to anybody, whatever it is.
    let current = true;
    let begun = false;
    /** @param {(...args: any[]) => void} act */
    const heard = (act) => (/** @type {any[]} */ ...args) => current && begun && act(...args);
    try {
      const opened = options.open({
        opened: heard(() => {
          openedAt = ticks();
          proven = false;
          take('opened', 'opened');
        }),
        text: heard(options.onText),
        closed: heard((code, why) => {
          if (isFinal(code)) take('refused', `refused (${code})`);
          else ended(why ?? (phase === 'connected' ? `lost (${code})` : 'failed'));
        }),
      });
      link = {
        ...opened,
        close() {
          current = false;
          opened.close();
        },
      };
      begun = true;
    } catch {
      // The browser refuses before it tries (mixed content). Treated as a failed attempt, in its own turn.
      timer = setTimer(() => ended('failed'), 0);
    }
  };

  /** Leave the link, if there is one: from here on it is superseded. */
  const drop = () => {
    if (link === null) return;
    const old = link;
    link = null;
    old.close();
    options.onLost();
  };

  /** @param {string} why */
  const ended = (why) => {
    if (phase === 'connected' && (proven || ticks() - openedAt >= PROVEN_AFTER_MS)) attempt = 0;
    drop();
    if (attempt >= options.maxReconnectAttempts) take('exhausted', 'gave-up');
    else take('closed', why);
  };

  const begin = () => {
    attempt = 0;
    stopListening ??= listenForWake((why) => {
      if (why !== 'offline') take('wake', why);
      if (phase === 'connected') options.onDoubt();
    });
    open();
  };

  /** What is done on entering a phase. */
  const enter = {
    idle() {
      stopListening?.();
      stopListening = null;
      drop();
    },
    'gave-up': drop,
    connecting: begin,
    connected: () => options.onOpen(),
    waiting() {
      attempt += 1;
      const { reconnectDelay: delay, reconnectDelayMax: ceiling } = options;
      const ms = backoff({ attempt, delay, ceiling, chance: random() });
      retryAt = now() + ms;
      timer = setTimer(() => take('due', 'retry'), ms);
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
    /** Another link is to be used: go over to it now. @param {string} why */
    renew(why) {
      if (phase === 'connected') ended(why);
      if (phase === 'waiting') take('wake', why);
      else if (phase === 'connecting' || phase === 'trying') {
        drop();
        open();
      }
    },
    /** Do not wait for the next attempt, if one is waited for. @param {string} why */
    nudge(why) {
      if (phase === 'waiting') take('wake', why);
    },
    /** Whether it is up, or trying to be. */
    wanted: () => phase !== 'idle' && phase !== 'gave-up',
    /** The socket may look open, but whoever speaks through it knows better. @param {string} why */
    fail(why) {
      if (phase === 'connected') ended(why);
    },
    /** The server has said something sensible: an attempt that ends after this one starts counting anew. */
    prove() {
      proven = true;
    },
    /** @returns {Status} */
    status() {
      const { state } = transitions[phase];
      return state === 'reconnecting' ? { state, reason, attempt, retryAt } : { state, reason };
    },
  };
};
