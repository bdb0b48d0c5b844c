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
  #leader;
  #relay;
  #stop;
  /** @type {import('./listeners.js').Listeners<[State, string]>} */
  #changes = createListeners();
  /** @type {import('./listeners.js').Listeners<[Error & {code: string | number}]>} */
  #errors = createListeners();

  /**
   * @param {string} url absolute, or relative to the page: '/ws/broadcast'
   * @param {import('./options.js').ClientOptions} [given]
   */
  constructor(url, given = {}) {
    const options = readOptions(url, given);
    const { address, tabChannel: name } = options;
    const channels = this.#channels;
    const tabs = openTabs(uuid(), name);
    const store = openStore(name, () => {
      outbox.hear({ kind: 'wiped' });
      tabs.unlock();
      leader.wiped();
    });
    /** @type {import('./connection.js').Connection} */
    const connection = (this.#connection = createConnection({
      ...options,
      open(events) {
        if (!leader.leads()) return relay.follow(events);
        address.searchParams.set('client_id', store.clientId() ?? '');
        return openSocket(address.href, options.connectTimeout, events);
      },
      onOpen() {
        relay.tell('opened');
        const wanted = channels.wanted();
        if (wanted.length > 0) connection.send(subscribeFrame(wanted));
        channels.asked();
      },
      onLost() {
        relay.tell('closed', 1006);
        pulse.stop();
        channels.lost();
      },
      onText: (text) => {
        relay.tell('text', text);
        pulse.heard();
        const frame = this.#read(text);
        if (!frame) return;
        connection.prove();
        // Only a server that knows positions answers a ping: no other is asked for signs of life.
        if (frame.type === 'subscribed' && leader.leads()) pulse.start();
        channels.receive(frame);
      },
      onChange: (state, reason) => {
        if (state === 'connected') outbox.wake();
        this.#changes.tell(state, reason);
      },
      onDoubt: (why) => pulse.probe(why),
    }));
    const pulse = createPulse(options, () => connection.send(pingFrame()), () => connection.fail('silent'));
    const outbox = createOutbox(store, tabs, options, () => leader.fenced());
    /** What the collections need. */
    this.parts = { tabs, store, outbox, options };
    /** @type {ReturnType<typeof createRelay>} */
    const relay = (this.#relay = createRelay(tabs, connection, channels, {
      leads: () => leader.leads(),
      resign: () => leader.resign(),
    }));
    const leader = (this.#leader = createLeader(`${name}:leader`, tabs, store, {
      onLead(fence) {
        outbox.begin(fence);
        connection.renew('leader');
      },
      onLost() {
        outbox.stop();
        connection.renew('leader');
      },
      onOther: (tab) => relay.follows(tab) || connection.renew('leader'),
    }));
    this.#stop = listenForWake(outbox.wake);
    tabs.on('emit', ({ channel, payload }) => channels.receive({ channel, event: 'emit', payload }));
  }

  /** This profile's name, on the socket's address and on requests; null until its storage was read. */
  get clientId() {
    return this.parts.store.clientId();
  }

  /** Resolves when `clientId` is known. */
  get ready() {
    return this.parts.store.ready;
  }

  /** @returns {State} */
  get state() {
    return this.status.state;
  }

  /** Why the state became what it is: `opened`, `lost (1006)`, `gave-up`... */
  get reason() {
    return this.status.reason;
  }

  /**
   * The state with all that is known of it; while reconnecting, `attempt` and `retryAt` too. `leads`: this tab
   * has the socket and sends; `storage`: where the outbox is, in memory it does not survive this tab.
   */
  get status() {
    return { ...this.#connection.status(), leads: this.#leader.leads(), storage: this.parts.store.kind() };
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
    this.parts.outbox.stop();
    this.#leader.close();
    this.parts.store.close();
    this.parts.tabs.close();
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
    const isUp = this.state === 'connected';
    const asks = isUp && !this.#channels.has(channel);
    const remove = this.#channels.add(channel, handler, hooks, isUp);
    if (asks) this.#connection.send(subscribeFrame([[channel, null]]));
    return () => {
      if (remove()) this.#relay.giveUp([channel]);
    };
  }

  /** Tell the other tabs of this browser profile, never the server and never this tab. */
  emit(/** @type {string} */ channel, /** @type {unknown} */ payload) {
    this.parts.tabs.post('emit', { channel, payload });
  }

  /** The last event heard on a channel; null before the server has said where the channel stands. */
  position(/** @type {string} */ channel) {
    return this.#channels.position(channel);
  }

  /** Whether the server has confirmed the subscription on the present socket. */
  isLive(/** @type {string} */ channel) {
    return this.#channels.isLive(channel);
  }

  /** A frame, unless it is one that is told as an error. @param {string} text */
  #read(text) {
    /** @type {import('./dialects/broadcast.js').Frame} */
    let frame;
    try {
      frame = parseFrame(text);
    } catch (error) {
      frame = { type: 'error', code: 'unreadable', message: String(error) };
    }
    if (frame.type !== 'error') return frame;
    const { code, message } = frame;
    this.#errors.tell(Object.assign(new Error(message), { code }));
    return null;
  }
}
