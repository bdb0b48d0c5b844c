/**
 * `StateClient`: one state for all connections of a user (seed 003), on a connection that is kept up.
 *
 * It shows a token that the application gives it, and a new one on the open connection before the old one
 * runs out; it answers the heartbeat, and reads the state anew after a conflict.
 */

import { createConnection } from './connection.js';
import * as frames from './dialects/state.js';
import { openSocket } from './links.js';
import { createListeners } from './listeners.js';
import { readOptions } from './options.js';

/** @typedef {import('./dialects/state.js').StateFrame} StateFrame */
/** @typedef {import('./transitions.js').State} State */

const WHOLE = ['state_snapshot', 'state_resync', 'current_state'];
const DONE = ['state_updated', 'partial_update_applied'];

export class StateClient {
  #connection;
  #token = '';
  #getToken;
  #version = 0;
  /** @type {Record<string, any>} */
  #state = {};
  /** What was sent and not answered yet, in order. @type {Record<string, any>[]} */
  #sent = [];
  /** @type {import('./listeners.js').Listeners<[Record<string, any>, number]>} */
  #states = createListeners();
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {Map<string, import('./listeners.js').Listeners<[StateFrame]>>} */
  #handlers = new Map();

  /**
   * @param {string} url absolute, or relative to the page: '/ws/state'
   * @param {import('./options.js').ClientOptions & {getToken: () => Promise<string> | string}} options
   *   `getToken` is asked for each connection, and again before a token runs out
   */
  constructor(url, options) {
    const { address, connectTimeout, getToken, ...delays } = { ...readOptions(url, options), ...options };
    this.#getToken = getToken;
    this.#connection = createConnection({
      ...delays,
      open: (events) => {
        address.searchParams.set('token', this.#token);
        return openSocket(address.href, connectTimeout ?? 10_000, events);
      },
      onOpen: () => {},
      onLost: () => {
        this.#sent = [];
      },
      onText: (text) => this.#receive(text),
      onChange: (state, reason) => {
        if (state === 'reconnecting') this.#renew();
        this.#changes.tell(state, reason);
      },
      onDoubt: () => this.#connection.send(frames.pingFrame()),
    });
  }

  /** @returns {State} of the connection */
  get connectionState() {
    return this.#connection.status().state;
  }

  get version() {
    return this.#version;
  }

  /** The state as the server last told it. */
  get state() {
    return this.#state;
  }

  async connect() {
    this.#token = await this.#getToken();
    this.#connection.connect();
  }

  /** Final: it does not come back by itself. */
  close() {
    this.#connection.disconnect();
  }

  /** Set one member of the state. Refused by a conflict, it is dropped: the state that won is told. */
  update(/** @type {string} */ updateType, /** @type {unknown} */ data) {
    this.#change({ [updateType]: data }, (version) => frames.updateFrame(updateType, data, version));
  }

  /** Merge members into the state. */
  merge(/** @type {Record<string, unknown>} */ data) {
    this.#change(data, (version) => frames.mergeFrame(data, version));
  }

  /** @param {string} id @param {unknown} data @param {boolean} [broadcast] to the user's other connections */
  tell(id, data, broadcast = false) {
    this.#connection.send(frames.messageFrame(id, data, broadcast));
  }

  /** @param {(state: Record<string, any>, version: number) => void} listener */
  onState(listener) {
    return this.#states.add(listener);
  }

  /** @param {(state: State, reason: string) => void} listener */
  onStateChange(listener) {
    return this.#changes.add(listener);
  }

  /** @param {string} type @param {(frame: StateFrame) => void} handler */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? createListeners();
    this.#handlers.set(type, handlers);
    handlers.add(handler);
    return this;
  }

  /** @param {Record<string, any>} fields @param {(version: number) => string} frame */
  #change(fields, frame) {
    if (this.connectionState !== 'connected') throw new Error('not connected: the state cannot be changed');
    // Each is sent on the version that the one before it will make.
    this.#connection.send(frame(this.#version + this.#sent.length));
    this.#sent.push(fields);
  }

  async #renew() {
    try {
      this.#token = await this.#getToken();
      this.#connection.send(frames.refreshFrame(this.#token));
    } catch (error) {
      reportError(error); // the application's own: the next attempt asks again
    }
  }

  /** @param {number} version @param {Record<string, any>} state */
  #become(version, state) {
    [this.#version, this.#state] = [version, state];
    this.#states.tell(state, version);
  }

  /** @param {string} text */
  #receive(text) {
    const frame = frames.parseFrame(text);
    const { type, payload } = frame;
    if (type === 'connection_established') this.#connection.prove();
    else if (type === 'heartbeat') this.#connection.send(frames.pongFrame());
    else if (type === 'token_expiring') this.#renew();
    else if (WHOLE.includes(type)) this.#become(payload.version, payload.state);
    else if (type === 'version_conflict') {
      this.#sent.shift();
      this.#connection.send(frames.readFrame());
    } else if (DONE.includes(type) && payload.state !== undefined) {
      if (payload.version > this.#version) this.#become(payload.version, payload.state);
    } else if (DONE.includes(type)) {
      const fields = this.#sent.shift();
      if (payload.version > this.#version) this.#become(payload.version, { ...this.#state, ...fields });
    }
    this.#handlers.get(type)?.tell(frame);
  }
}
