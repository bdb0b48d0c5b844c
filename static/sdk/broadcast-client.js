/**
 * `BroadcastClient`: channels over one connection that is kept up, and `emit` to the other tabs.
 *
 * It joins what the other files know: connection.js keeps a socket, channels.js knows what was heard,
 * the dialect knows the frames, tabs.js the siblings.
 */

import { createChannels } from './channels.js';
import { uuid } from './clock.js';
import { createConnection } from './connection.js';
import { parseFrame, pingFrame, subscribeFrame, unsubscribeFrame } from './dialects/broadcast.js';
import { createListeners } from './listeners.js';
import { createPulse } from './pulse.js';
import { openTabs } from './tabs.js';

/** @typedef {import('./channels.js').SubscribeHooks} SubscribeHooks */
/** @typedef {import('./dialects/broadcast.js').ChannelEvent} ChannelEvent */
/** @typedef {import('./transitions.js').State} State */

/**
 * @typedef {object} ClientOptions
 * @property {number} [maxReconnectAttempts] attempts in a row before it gives up; no limit unless given
 * @property {number} [reconnectDelay] the wait before the first attempt, doubling, in ms (1000)
 * @property {number} [reconnectDelayMax] the longest wait, in ms (30 000)
 * @property {number} [connectTimeout] how long a handshake may take, in ms (10 000)
 * @property {number} [quietTimeout] a silence after which the server is asked for a sign of life, in ms (15 000)
 * @property {number} [pongTimeout] how long that sign may take, in ms (5000)
 * @property {string} [clientId] this tab's name; a new one for each client unless given
 * @property {string} [tabChannel] the BroadcastChannel shared with the other tabs ('syncbed')
 */

/** @param {string} url @param {string} clientId */
const socketUrl = (url, clientId) => {
  const resolved = new URL(url, location.href);
  if (resolved.protocol === 'http:') resolved.protocol = 'ws:';
  if (resolved.protocol === 'https:') resolved.protocol = 'wss:';
  if (!['ws:', 'wss:'].includes(resolved.protocol)) throw new TypeError(`not a WebSocket address: ${url}`);
  resolved.searchParams.set('client_id', clientId);
  resolved.hash = '';
  return resolved.href;
};

export class BroadcastClient {
  #channels = createChannels();
  #connection;
  #pulse;
  #tabs;
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {import('./listeners.js').Listeners<[Error & {code: string | number}]>} */
  #errors = createListeners();

  /**
   * @param {string} url absolute, or relative to the page: '/ws/broadcast'
   * @param {ClientOptions} [options]
   */
  constructor(url, options = {}) {
    /** This client's name: on the socket's URL, and on every request of its collections. */
    this.clientId = options.clientId ?? uuid();
    // It travels in a header and in an address.
    if (!/^[!-~]{1,128}$/.test(this.clientId)) throw new TypeError('clientId: 1 to 128 visible ASCII characters');
    this.#connection = createConnection({
      url: socketUrl(url, this.clientId),
      reconnectDelay: options.reconnectDelay ?? 1000,
      reconnectDelayMax: options.reconnectDelayMax ?? 30_000,
      maxReconnectAttempts: options.maxReconnectAttempts ?? Infinity,
      connectTimeout: options.connectTimeout ?? 10_000,
      onOpen: () => this.#resume(),
      onLost: () => {
        this.#pulse.stop();
        this.#channels.lost();
      },
      onText: (text) => this.#receive(text),
      onChange: (state, reason) => this.#changes.tell(state, reason),
      onDoubt: () => this.#pulse.probe(),
    });
    this.#pulse = createPulse({
      quiet: options.quietTimeout ?? 15_000,
      patience: options.pongTimeout ?? 5000,
      ask: () => this.#connection.send(pingFrame()),
      onDead: () => this.#connection.fail('silent'),
    });
    this.#tabs = openTabs({ clientId: this.clientId, name: options.tabChannel ?? 'syncbed' });
    this.#tabs.on('emit', (body) => {
      if (typeof body?.channel !== 'string') return;
      this.#deliver([{ tell: 'event', event: { channel: body.channel, event: 'emit', payload: body.payload } }]);
    });
  }

  /** @returns {State} */
  get state() {
    return this.#connection.status().state;
  }

  /** Why the state became what it is: `opened`, `lost (1006)`, `gave-up`... */
  get reason() {
    return this.#connection.status().reason;
  }

  /** The state with all that is known of it; while reconnecting, `attempt` and `retryAt` too. */
  get status() {
    return this.#connection.status();
  }

  /** What the collections need of the other tabs. */
  get tabs() {
    return this.#tabs;
  }

  /** Connect, or try now instead of waiting for the next attempt. */
  connect() {
    this.#connection.connect();
  }

  /** Final: it does not come back by itself. Subscriptions are kept, for the next `connect()`. */
  disconnect() {
    this.#connection.disconnect();
  }

  /** `disconnect()`, and leave the other tabs too. This client cannot be used again. */
  close() {
    this.#connection.disconnect();
    this.#tabs.close();
  }

  /** @param {(state: State, reason: string) => void} listener */
  onStateChange(listener) {
    return this.#changes.add(listener);
  }

  /**
   * What went wrong without ending anything: an error frame of the server, a frame that cannot be read.
   * @param {(error: Error & {code: string | number}) => void} listener
   */
  onError(listener) {
    return this.#errors.add(listener);
  }

  /**
   * @param {string} channel
   * @param {(event: ChannelEvent) => void} handler
   * @param {SubscribeHooks} [hooks]
   * @returns {() => void} unsubscribe
   */
  subscribe(channel, handler, hooks = {}) {
    const subscriber = { handler, hooks };
    if (this.#channels.add(channel, subscriber) && this.state === 'connected') {
      this.#channels.askedOne(channel);
      this.#connection.send(subscribeFrame([[channel, null]]));
    }
    return () => {
      if (this.#channels.remove(channel, subscriber)) this.#connection.send(unsubscribeFrame([channel]));
    };
  }

  /** Tell the other tabs of this browser profile, never the server and never this tab. */
  emit(/** @type {string} */ channel, /** @type {unknown} */ payload) {
    this.#tabs.post('emit', { channel, payload });
  }

  /** The last event heard on a channel; null before the server has said where the channel stands. */
  position(/** @type {string} */ channel) {
    return this.#channels.position(channel);
  }

  /** Whether the server has confirmed the subscription on the present socket. */
  isLive(/** @type {string} */ channel) {
    return this.#channels.isLive(channel);
  }

  #resume() {
    const wanted = this.#channels.wanted();
    if (wanted.length > 0) this.#connection.send(subscribeFrame(wanted));
    this.#deliver(this.#channels.asked());
  }

  /** @param {string} text */
  #receive(text) {
    this.#pulse.heard();
    /** @type {import('./dialects/broadcast.js').Frame} */
    let frame;
    try {
      frame = parseFrame(text);
    } catch (error) {
      this.#errors.tell(Object.assign(/** @type {Error} */ (error), { code: 'unreadable' }));
      return;
    }
    if (frame.kind === 'error') {
      this.#errors.tell(Object.assign(new Error(frame.message), { code: frame.code }));
      return;
    }
    this.#connection.prove();
    // Only a server that knows positions answers a ping: no other is asked for signs of life.
    if (frame.kind === 'subscribed') this.#pulse.start();
    this.#deliver(this.#channels.receive(frame));
  }

  /** @param {import('./channels.js').News[]} all */
  #deliver(all) {
    for (const news of all) {
      const channel = news.tell === 'event' ? news.event.channel : news.channel;
      for (const subscriber of [...this.#channels.subscribers(channel)]) {
        // One of the others may have unsubscribed it, a moment ago.
        if (!this.#channels.subscribers(channel).has(subscriber)) continue;
        try {
          if (news.tell === 'event') subscriber.handler(news.event);
          else if (news.tell === 'subscribed') subscriber.hooks.onSubscribed?.(channel, news.position);
          else subscriber.hooks.onResync?.(channel, news.position, news.reason);
        } catch (error) {
          reportError(error); // the application's own; it must not cost the others their event
        }
      }
    }
  }
}
