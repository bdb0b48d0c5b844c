/**
 * `RoomsClient`: the calls of seed 004's guide, on a connection that is kept up.
 *
 * What the guide's own class lacks: it comes back by itself, enters its rooms again, and hears of errors.
 */

import { createByType } from './by-type.js';
import { createConnection } from './connection.js';
import * as frames from './dialects/rooms.js';
import { openSocket } from './links.js';
import { createListeners } from './listeners.js';
import { readOptions } from './options.js';

/** @typedef {import('./dialects/rooms.js').RoomsFrame} RoomsFrame */
/** @typedef {import('./transitions.js').State} State */

export class RoomsClient {
  /** @type {import('./by-type.js').ByType<RoomsFrame>} */
  #handlers = createByType();
  /** @type {Set<string>} */
  #rooms = new Set();
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  #connection;

  /**
   * @param {string} url absolute, or relative to the page: '/ws/rooms'
   * @param {import('./options.js').ClientOptions} [options] those of a connection
   */
  constructor(url, options = {}) {
    const { address, connectTimeout, ...delays } = readOptions(url, options);
    this.#connection = createConnection({
      ...delays,
      open: (events) => openSocket(address.href, connectTimeout, events),
      onOpen: () => this.#rooms.forEach((room) => this.#connection.send(frames.subscribeFrame(room))),
      onLost: () => {},
      onText: (text) => this.#receive(text),
      onChange: (state, reason) => this.#changes.tell(state, reason),
      onDoubt: () => this.#connection.send(frames.pingFrame()),
    });
  }

  /** @returns {State} */
  get state() {
    return this.#connection.status().state;
  }

  /** Resolves once connected; rejects if it ends before that. @returns {Promise<this>} */
  connect() {
    return new Promise((resolve, reject) => {
      if (this.state === 'connected') {
        resolve(this);
        return;
      }
      const stop = this.#changes.add((state, reason) => {
        if (state === 'connected') resolve(this);
        else if (state === 'disconnected') reject(new Error(`not connected: ${reason}`));
        else return;
        stop();
      });
      this.#connection.connect();
    });
  }

  /** @param {(state: State, reason: string) => void} listener */
  onStateChange(listener) {
    return this.#changes.add(listener);
  }

  /**
   * Call `handler` with each frame of this type: `connected`, `subscribed`, `message`, `error`...
   * @param {string} type
   * @param {(frame: RoomsFrame) => void} handler
   */
  on(type, handler) {
    this.#handlers.add(type, handler);
    return this;
  }

  /** Enter the room, now and after each reconnect. */
  subscribe(/** @type {string} */ room) {
    this.#rooms.add(room);
    this.#connection.send(frames.subscribeFrame(room));
  }

  unsubscribe(/** @type {string} */ room) {
    this.#rooms.delete(room);
    this.#connection.send(frames.unsubscribeFrame(room));
  }

  /** To everybody else in the room. Said while the connection is down, it is lost. */
  publish(/** @type {string} */ room, /** @type {unknown} */ data) {
    this.#connection.send(frames.publishFrame(room, data));
  }

  /** To everybody else there is; lost like a publication. */
  broadcast(/** @type {unknown} */ data) {
    this.#connection.send(frames.broadcastFrame(data));
  }

  /** A message of a type that the server's application handles. */
  send(/** @type {string} */ type, /** @type {unknown} */ data) {
    this.#connection.send(frames.customFrame(type, data));
  }

  /** Final: it does not come back by itself. */
  close() {
    this.#connection.disconnect();
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {RoomsFrame} */
    let frame;
    try {
      frame = frames.parseFrame(text);
    } catch (error) {
      frame = { type: 'error', error: String(error) };
    }
    if (frame.type === 'connected') this.#connection.prove();
    this.#handlers.tell(frame);
  }
}
