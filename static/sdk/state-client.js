/**
 * `StateClient`: one state for all connections of a user (seed 003), on a connection that is kept up.
 *
 * It shows a token that the application gives it, and a new one on the open connection before the old one
 * runs out; it answers the heartbeat, and reads the state anew after a conflict.
 *
 * The server answers one frame after the other, so an answer belongs to the oldest frame without one. Of changes
 * one at a time is on its way: the next is made on what became of it.
 */

import { createByType } from './by-type.js';
import { createConnection } from './connection.js';
import * as frames from './dialects/state.js';
import { openSocket } from './links.js';
import { createListeners } from './listeners.js';
import { readOptions } from './options.js';

/** @typedef {import('./dialects/state.js').StateFrame} StateFrame */
/** @typedef {import('./transitions.js').State} State */

/**
 * @typedef {object} Asked
 * @property {Record<string, any>} [fields] of the state, if it changes it
 * @property {(answer?: any) => void} resolve
 * @property {(error: Error) => void} reject
 */

const WHOLE = ['state_snapshot', 'state_resync', 'current_state'];
const DONE = ['state_updated', 'partial_update_applied'];
/** What answers a frame of ours, besides a change's own. */
const ANSWERS = ['current_state', 'ack', 'auth_refreshed', 'pong', 'error'];
const INDEFINITE = ['PROCESSING_ERROR', 'lost'];

/** @param {string} name @param {string} message */
const failure = (name, message) => Object.assign(new Error(message), { name, definite: !INDEFINITE.includes(name) });

export class StateClient {
  #connection;
  #token = '';
  #getToken;
  #version = 0;
  /** @type {Record<string, any>} */
  #state = {};
  /** What was sent and has no answer, in order. @type {Asked[]} */
  #asked = [];
  /** Changes without an answer; the first is on its way. @type {(Asked & {frame: (version: number) => string})[]} */
  #pending = [];
  /** @type {import('./listeners.js').Listeners<[Record<string, any>, number]>} */
  #states = createListeners();
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {import('./by-type.js').ByType<StateFrame>} */
  #handlers = createByType();

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
      onLost: () => this.#lost(),
      onText: (text) => this.#receive(text),
      onChange: (state, reason) => {
        if (state === 'reconnecting') this.#renew();
        this.#changes.tell(state, reason);
      },
      onDoubt: () => this.#ask(frames.pingFrame()),
    });
  }

  /** @returns {State} of the connection */
  get connectionState() {
    return this.#connection.status().state;
  }

  /** The fields of each change that the server has not answered. */
  get pending() {
    return this.#pending.map(({ fields }) => fields);
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

  /**
   * Set one member of the state. Resolves with the new version. Rejects with `version_conflict`, and the change
   * is dropped: the state that won is told; with `lost` if nobody knows; or with the server's code.
   * @param {string} updateType @param {unknown} data @returns {Promise<number>}
   */
  update(updateType, data) {
    return this.#change({ [updateType]: data }, (version) => frames.updateFrame(updateType, data, version));
  }

  /** Merge members into the state, like `update`. @param {Record<string, unknown>} data @returns {Promise<number>} */
  merge(data) {
    return this.#change(data, (version) => frames.mergeFrame(data, version));
  }

  /**
   * Resolves once the server has it.
   * @param {string} id @param {unknown} data @param {boolean} [broadcast] to the user's other connections
   * @returns {Promise<void>}
   */
  tell(id, data, broadcast = false) {
    return this.#ask(frames.messageFrame(id, data, broadcast));
  }

  onState(/** @type {(state: Record<string, any>, version: number) => void} */ listener) {
    return this.#states.add(listener);
  }

  onStateChange(/** @type {(state: State, reason: string) => void} */ listener) {
    return this.#changes.add(listener);
  }

  /** @param {string} type @param {(frame: StateFrame) => void} handler */
  on(type, handler) {
    this.#handlers.add(type, handler);
    return this;
  }

  /** @param {string} text @returns {Promise<any>} its answer, which nobody is obliged to wait for */
  #ask(text) {
    return this.#promised((asked) => this.#send(text, asked));
  }

  /** @param {Record<string, any>} fields @param {(version: number) => string} frame */
  #change(fields, frame) {
    return this.#promised((asked) => {
      this.#pending.push({ ...asked, fields, frame });
      if (this.#pending.length === 1) this.#sendFirst();
    });
  }

  /** @param {(asked: Asked) => void} begin @returns {Promise<any>} */
  #promised(begin) {
    const promise = new Promise((resolve, reject) => {
      if (this.connectionState === 'connected') begin({ resolve, reject });
      else reject(failure('disconnected', 'not connected: nothing was sent'));
    });
    promise.catch(() => {});
    return promise;
  }

  #send(/** @type {string} */ text, /** @type {Asked} */ asked) {
    this.#asked.push(asked);
    this.#connection.send(text);
  }

  #sendFirst() {
    const [change] = this.#pending;
    if (change) this.#send(change.frame(this.#version), change);
  }

  /** They were made on what has turned out otherwise. @param {Error} error */
  #dropChanges(error) {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }

  #lost() {
    const lost = failure('lost', 'the connection ended before the answer');
    for (const { reject } of this.#asked.splice(0)) reject(lost);
    this.#dropChanges(failure('disconnected', 'the connection ended: nothing was sent'));
  }

  async #renew() {
    try {
      this.#token = await this.#getToken();
      await this.#ask(frames.refreshFrame(this.#token));
    } catch (error) {
      if (this.connectionState === 'connected') reportError(error); // otherwise the next attempt asks again
    }
  }

  /** @param {number} version @param {Record<string, any>} state */
  #become(version, state) {
    [this.#version, this.#state] = [version, state];
    this.#states.tell(state, version);
  }

  /** @param {{version: number, state?: Record<string, any>}} payload with the state, if another has changed it */
  #changed({ version, state }) {
    const mine = state === undefined ? this.#asked.shift() : undefined;
    if (mine) this.#pending.shift();
    if (version > this.#version) this.#become(version, state ?? { ...this.#state, ...mine?.fields });
    mine?.resolve(version);
    if (mine) this.#sendFirst();
  }

  /** @param {{client_version?: number}} payload without it, something was lost on the way here */
  #conflict({ client_version }) {
    if (client_version !== undefined) {
      this.#asked.shift();
      this.#dropChanges(failure('version_conflict', 'another change came first'));
    }
    this.#ask(frames.readFrame());
  }

  #answered(/** @type {StateFrame} */ { type, payload }) {
    const asked = this.#asked.shift();
    if (type !== 'error') asked?.resolve(payload);
    else {
      asked?.reject(failure(payload.code, payload.message));
      if (!asked?.fields) return;
      this.#pending.shift();
      this.#sendFirst();
    }
  }

  #receive(/** @type {string} */ text) {
    const frame = frames.parseFrame(text);
    const { type, payload } = frame;
    if (type === 'connection_established') this.#connection.prove();
    else if (type === 'heartbeat') this.#connection.send(frames.pongFrame());
    else if (type === 'token_expiring') this.#renew();
    else if (WHOLE.includes(type)) this.#become(payload.version, payload.state);
    else if (type === 'version_conflict') this.#conflict(payload);
    else if (DONE.includes(type)) this.#changed(payload);
    if (ANSWERS.includes(type)) this.#answered(frame);
    this.#handlers.tell(frame);
  }
}
