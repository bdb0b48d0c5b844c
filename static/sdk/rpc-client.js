/**
 * `RpcClient`: requests in both directions, and events on topics (seed 000), on a connection that is kept up.
 *
 * It registers on every open with the id of its page, which survives a reload, and subscribes again. What waits
 * for an answer when the connection ends has failed: nobody sends it again, it may have been done.
 */

import { createCalls, RpcError } from './calls.js';
import { clearTimer, setTimer } from './clock.js';
import { createConnection } from './connection.js';
import * as frames from './dialects/mq.js';
import { openSocket } from './links.js';
import { createListeners } from './listeners.js';
import { readOptions } from './options.js';
import { pageSession } from './page-session.js';

/** @typedef {import('./transitions.js').State} State */
/** @typedef {(body: any) => unknown} Handler what it returns, or what that resolves to, is the answer */

const TIMEOUT_MS = 5000;

export class RpcClient {
  /** Which page this is, the same after a reload. @type {string} */
  pageSession;
  /** What the server calls this connection; null until it has said so. @type {string | null} */
  brokerClientId = null;
  #connection;
  #calls = createCalls(() => this.#doubt());
  /** @type {Map<string, Handler>} */
  #handlers = new Map();
  /** @type {Map<string, {listeners: import('./listeners.js').Listeners<[any]>, count: number}>} */
  #topics = new Map();
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {import('./listeners.js').Listeners<[]>} */
  #registrations = createListeners();
  /** @type {import('./clock.js').Timer | null} */
  #doubts = null;
  #patience;
  /** Counts connections: an answer goes to the one that was asked over. */
  #opened = 0;

  /**
   * @param {string} url absolute, or relative to the page: '/ws/mq'
   * @param {import('./options.js').ClientOptions & {pageSession?: string}} [options] those of a connection
   */
  constructor(url, options = {}) {
    const { address, connectTimeout, pongTimeout, ...delays } = readOptions(url, options);
    this.pageSession = options.pageSession ?? pageSession();
    this.#patience = pongTimeout;
    this.#connection = createConnection({
      ...delays,
      open: (events) => openSocket(address.href, connectTimeout, events),
      onOpen: () => this.#open(),
      onLost: () => {},
      onText: (text) => this.#receive(text),
      onChange: (state, reason) => this.#change(state, reason),
      onDoubt: () => this.#doubt(),
    });
  }

  /** @returns {State} */
  get state() {
    return this.#connection.status().state;
  }

  /** Resolves once it is registered; rejects if it ends before that. @returns {Promise<this>} */
  connect() {
    return new Promise((resolve, reject) => {
      if (this.brokerClientId !== null) {
        resolve(this);
        return;
      }
      const stops = [
        this.#registrations.add(() => done(() => resolve(this))),
        this.#changes.add((state, reason) => {
          if (state === 'disconnected') done(() => reject(new RpcError('not-connected', `not connected: ${reason}`)));
        }),
      ];
      const done = (/** @type {() => void} */ settle) => {
        for (const stop of stops) stop();
        settle();
      };
      this.#connection.connect();
    });
  }

  /** Final: it does not come back by itself. */
  close() {
    this.#connection.disconnect();
  }

  /** @param {(state: State, reason: string) => void} listener */
  onStateChange(listener) {
    return this.#changes.add(listener);
  }

  /**
   * Ask the server. Rejects with an RpcError, whose `reason` says whether it may have been done.
   * @param {string} topic
   * @param {unknown} [body]
   * @param {{timeout?: number}} [options] ms
   * @returns {Promise<any>} the body of the answer
   */
  request(topic, body, { timeout = TIMEOUT_MS } = {}) {
    if (this.state !== 'connected') return Promise.reject(new RpcError('not-connected', 'not connected'));
    return this.#calls.ask(timeout, (id) => this.#connection.send(frames.requestFrame(id, topic, body, timeout)));
  }

  /** Answer the server's requests on this topic. @param {string} topic @param {Handler} handler @returns {() => void} stop */
  handle(topic, handler) {
    if (this.#handlers.has(topic)) throw new Error(`the topic ${topic} has a handler already`);
    this.#handlers.set(topic, handler);
    return () => {
      if (this.#handlers.get(topic) === handler) this.#handlers.delete(topic);
    };
  }

  /** An event: to the server's handlers, and to everybody who subscribed. Said while not connected, it is lost. */
  publish(/** @type {string} */ topic, /** @type {unknown} */ body) {
    this.#connection.send(frames.eventFrame(topic, body));
  }

  /** Hear the events of a topic, now and after each reconnect. @param {string} topic @param {(body: any) => void} listener */
  subscribe(topic, listener) {
    const known = this.#topics.get(topic);
    const heard = known ?? { listeners: createListeners(), count: 0 };
    const remove = heard.listeners.add(listener);
    heard.count += 1;
    if (known === undefined) {
      this.#topics.set(topic, heard);
      this.#subscribe(topic);
    }
    let removed = false;
    return () => {
      if (removed) return;
      removed = true;
      remove();
      heard.count -= 1;
      if (heard.count > 0) return;
      this.#topics.delete(topic);
      if (!frames.UNASKED.includes(topic)) this.#connection.send(frames.unsubscribeFrame(topic));
    };
  }

  /** @param {string} topic */
  #subscribe(topic) {
    if (!frames.UNASKED.includes(topic)) this.#connection.send(frames.subscribeFrame(topic));
  }

  #open() {
    this.#opened += 1;
    this.#connection.send(frames.registerFrame(this.pageSession));
    for (const topic of this.#topics.keys()) this.#subscribe(topic);
  }

  /** @param {State} state @param {string} reason */
  #change(state, reason) {
    if (state !== 'connected') {
      this.brokerClientId = null;
      this.#hearsAgain();
      this.#calls.lost(`connection lost: ${reason}`);
    }
    this.#changes.tell(state, reason);
  }

  /** Something makes us doubt that the connection lives: to register again is answered again. */
  #doubt() {
    if (this.state !== 'connected' || this.#doubts !== null) return;
    this.#doubts = setTimer(() => this.#connection.fail('silent'), this.#patience);
    this.#connection.send(frames.registerFrame(this.pageSession));
  }

  #hearsAgain() {
    clearTimer(this.#doubts);
    this.#doubts = null;
  }

  /** @param {string} text */
  #receive(text) {
    this.#hearsAgain();
    const frame = frames.parseFrame(text);
    if (frame.kind === 'request') this.#answer(frame.topic, frame.correlation, frame.body);
    else if (frame.kind === 'response') this.#calls.answered(frame.correlation, frame.body);
    else if (frame.kind === 'error' && frame.correlation) this.#calls.refused(frame.correlation, frame.message);
    else if (frame.kind === 'error') reportError(new Error(`the server refused a frame: ${frame.message}`));
    else if (frame.kind === 'event') {
      if (frame.topic === frames.REGISTERED) this.#registered(frame.body);
      this.#topics.get(frame.topic)?.listeners.tell(frame.body);
    }
  }

  /** @param {{brokerClientID: string}} body */
  #registered({ brokerClientID }) {
    this.#connection.prove();
    this.brokerClientId = brokerClientID;
    this.#registrations.tell();
  }

  /** @param {string} topic @param {string} id @param {any} body */
  async #answer(topic, id, body) {
    const over = this.#opened;
    let frame;
    try {
      const handler = this.#handlers.get(topic);
      if (handler === undefined) throw new Error(`no handler for topic: ${topic}`);
      frame = frames.responseFrame(id, await handler(body));
    } catch (error) {
      frame = frames.errorFrame(id, error instanceof Error ? error.message : String(error));
    }
    if (over === this.#opened) this.#connection.send(frame);
  }
}
