/**
 * One connection that is kept up: it owns the socket, the wait between attempts and the state. It knows
 * nothing of channels and frames: text comes out, text goes in.
 */

import { backoff } from './backoff.js';
import { clearTimer, now, random, setTimer } from './clock.js';
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
 * @property {string} url
 * @property {number} reconnectDelay ms
 * @property {number} reconnectDelayMax ms
 * @property {number} maxReconnectAttempts
 * @property {number} connectTimeout how long a handshake may take, in ms
 * @property {() => void} onOpen before anybody hears of `connected`
 * @property {() => void} onLost the socket is gone, whoever ended it
 * @property {(text: string) => void} onText
 * @property {(state: State, reason: string) => void} onChange
 * @property {() => void} onDoubt the browser says that the network changed under an open socket
 */

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
  /** @type {WebSocket | null} */
  let socket = null;
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
    /** @type {WebSocket} */
    let mine;
    try {
      mine = new WebSocket(options.url);
    } catch {
      // The browser refuses before it tries (mixed content). Treated as a failed attempt, in its own turn.
      timer = setTimer(() => ended('failed'), 0);
      return;
    }
    socket = mine;
    // What a superseded socket has to say is of no interest to anybody, whatever it is.
    const current = () => socket === mine;
    mine.addEventListener('open', () => {
      if (!current()) return;
      openedAt = now();
      proven = false;
      take('opened', 'opened');
    });
    mine.addEventListener('message', ({ data }) => {
      if (current() && typeof data === 'string') options.onText(data);
    });
    mine.addEventListener('close', ({ code }) => {
      if (current()) ended(phase === 'connected' ? `lost (${code})` : 'failed');
    });
    // After 'error' there is always a 'close'; the reverse is not true.
    timer = setTimer(() => ended('timed-out'), options.connectTimeout);
  };

  /** Leave the socket, if there is one: from here on it is superseded. */
  const drop = () => {
    if (socket === null) return;
    const old = socket;
    socket = null;
    old.close();
    options.onLost();
  };

  /** @param {string} why */
  const ended = (why) => {
    if (phase === 'connected' && (proven || now() - openedAt >= PROVEN_AFTER_MS)) attempt = 0;
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
      if (phase === 'connected') socket?.send(text);
    },
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
