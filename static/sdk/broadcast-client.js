/**
 * `BroadcastClient`: channels over one connection that is kept up, and `emit` to the other tabs.
 *
 * It joins what the other files know: leader.js which tab of the profile has the socket, connection.js keeps
 * it, or the way to it, up, channels.js knows what was heard, the dialect the frames, tabs.js the siblings,
 * and outbox.js sends what the profile has written.
 */

import { createChannels } from './channels.js';
import { uuid } from './clock.js';
import { createConnection } from './connection.js';
import { parseFrame, pingFrame, subscribeFrame } from './dialects/broadcast.js';
import { createLeader } from './leader.js';
import { createRelay, openSocket } from './links.js';
import { createListeners } from './listeners.js';
import { readOptions } from './options.js';
import { createOutbox } from './outbox.js';
import { createPulse } from './pulse.js';
import { openStore } from './store.js';
import { openTabs } from './tabs.js';
import { listenForWake } from './wake.js';

/** @typedef {import('./transitions.js').State} State */
/** @typedef {BroadcastClient['parts']} Parts what the collections need */

export class BroadcastClient {
  #channels = createChannels();
  #connection;
  #pulse;
  #tabs;
  #store;
  #leader;
  #relay;
  #outbox;
  #stop;
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {import('./listeners.js').Listeners<[Error & {code: string | number}]>} */
  #errors = createListeners();
  /** @type {import('./listeners.js').Listeners<[]>} */
  #wiped = createListeners();

  /**
   * @param {string} url absolute, or relative to the page: '/ws/broadcast'
   * @param {import('./options.js').ClientOptions} [options]
   */
  constructor(url, options = {}) {
    const { address, connectTimeout, quietTimeout, pongTimeout, outboxMax, tabChannel: name, ...delays } =
      readOptions(url, options);
    const tabs = (this.#tabs = openTabs({ tabId: uuid(), name }));
    const store = (this.#store = openStore(name, () => {
      this.#wiped.tell();
      tabs.unlock();
      this.#leader.wiped();
    }));
    this.#connection = createConnection({
      open: (events) => {
        if (!this.#leader.leads()) return this.#relay.follow(events);
        address.searchParams.set('client_id', this.clientId ?? '');
        return openSocket(address.href, connectTimeout, events);
      },
      ...delays,
      onOpen: () => {
        this.#relay.tell('opened');
        const wanted = this.#channels.wanted();
        if (wanted.length > 0) this.#connection.send(subscribeFrame(wanted));
        this.#channels.asked();
      },
      onLost: () => {
        this.#relay.tell('closed', 1006);
        this.#pulse.stop();
        this.#channels.lost();
      },
      onText: (text) => {
        this.#relay.tell('text', text);
        this.#receive(text);
      },
      onChange: (state, reason) => {
        if (state === 'connected') this.#outbox.kick();
        this.#changes.tell(state, reason);
      },
      onDoubt: () => this.#pulse.probe(),
    });
    this.#pulse = createPulse({
      quiet: quietTimeout,
      patience: pongTimeout,
      ask: () => this.#connection.send(pingFrame()),
      onDead: () => this.#connection.fail('silent'),
    });
    this.#outbox = createOutbox({ store, tabs, most: outboxMax, onFenced: () => this.#leader.fenced() });
    this.#relay = createRelay({
      tabs,
      leads: () => this.#leader.leads(),
      isUp: () => this.state === 'connected',
      send: (text) => this.#connection.send(text),
      wants: this.#channels.has,
      onAsked: () => this.state === 'disconnected' && this.#leader.resign(),
      onUp: () => this.#connection.nudge('leader'),
    });
    this.#leader = createLeader({
      name: `${name}:leader`,
      tabs,
      store,
      onLead: (fence) => {
        this.#outbox.begin(fence);
        this.#connection.renew('leader');
      },
      onLost: () => {
        this.#outbox.stop();
        this.#connection.renew('leader');
      },
      onOther: (tab) => this.#relay.follows(tab) || this.#connection.renew('leader'),
    });
    this.#stop = listenForWake((reason) => reason === 'offline' || this.#outbox.kick());
    tabs.on('emit', ({ channel, payload }) => this.#channels.receive({ channel, event: 'emit', payload }));
  }

  /** This profile's name, on the socket's address and on requests; null until its storage was read. */
  get clientId() {
    return this.#store.clientId();
  }

  /** Resolves when `clientId` is known. */
  get ready() {
    return this.#store.ready;
  }

  /** @returns {State} */
  get state() {
    return this.#connection.status().state;
  }

  /** Why the state became what it is: `opened`, `lost (1006)`, `gave-up`... */
  get reason() {
    return this.#connection.status().reason;
  }

  /**
   * The state with all that is known of it; while reconnecting, `attempt` and `retryAt` too. `leads`: this tab
   * has the socket and sends; `storage`: where the outbox is, in memory it does not survive this tab.
   */
  get status() {
    return { ...this.#connection.status(), leads: this.#leader.leads(), storage: this.#store.kind() };
  }

  /** What the collections need. */
  get parts() {
    return { tabs: this.#tabs, store: this.#store, outbox: this.#outbox, onWiped: this.#wiped.add };
  }

  /** Connect, or try now instead of waiting for the next attempt. */
  connect() {
    this.#connection.connect();
  }

  /** Final: it does not come back by itself. Subscriptions are kept, for the next `connect()`. */
  disconnect() {
    this.#connection.disconnect();
    this.#leader.resign(); // another tab may still want to be connected
  }

  /** `disconnect()`, and leave the other tabs too. This client cannot be used again. */
  close() {
    this.#connection.disconnect();
    this.#stop();
    this.#outbox.stop();
    this.#leader.close();
    this.#store.close();
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
   * @param {(event: import('./dialects/broadcast.js').ChannelEvent) => void} handler
   * @param {import('./channels.js').SubscribeHooks} [hooks]
   * @returns {() => void} unsubscribe
   */
  subscribe(channel, handler, hooks = {}) {
    const isNew = !this.#channels.has(channel);
    const remove = this.#channels.add(channel, handler, hooks);
    if (isNew && this.state === 'connected') {
      this.#channels.askedOne(channel);
      this.#connection.send(subscribeFrame([[channel, null]]));
    }
    return () => {
      if (remove()) this.#relay.giveUp([channel]);
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
    if (frame.type === 'error') {
      const { code = 'unknown', message } = frame;
      this.#errors.tell(Object.assign(new Error(message), { code }));
      return;
    }
    this.#connection.prove();
    // Only a server that knows positions answers a ping: no other is asked for signs of life.
    if (frame.type === 'subscribed' && this.#leader.leads()) this.#pulse.start();
    this.#channels.receive(frame);
  }
}
