/**
 * The two links of a connection: a socket of one's own, for the tab that leads, and for the others the way to
 * the leader's. The leader passes on what its socket hears, and sends what the others say; a channel is
 * given up when nobody of them wants it any more.
 */

import { clearTimer, setTimer } from './clock.js';
import { unsubscribeFrame } from './dialects/broadcast.js';

/** @typedef {{send: (text: string) => void, close: () => void}} Link */

/**
 * @typedef {object} LinkEvents
 * @property {() => void} opened
 * @property {(text: string) => void} text
 * @property {(code: number, why?: string) => void} closed `why` unless the code says it
 */

/**
 * @param {string} url
 * @param {number} timeout how long a handshake may take, in ms
 * @param {LinkEvents} events
 * @returns {Link}
 */
export const openSocket = (url, timeout, { opened, text, closed }) => {
  const socket = new WebSocket(url);
  const timer = setTimer(() => closed(1006, 'timed-out'), timeout);
  socket.addEventListener('open', () => {
    clearTimer(timer);
    opened();
  });
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') text(data);
  });
  // After 'error' there is always a 'close'; the reverse is not true.
  socket.addEventListener('close', ({ code }) => {
    clearTimer(timer);
    closed(code);
  });
  return {
    send: (frame) => socket.send(frame),
    close() {
      clearTimer(timer);
      socket.close();
    },
  };
};

/**
 * @param {import('./tabs.js').Tabs} tabs
 * @param {import('./connection.js').Connection} connection this tab's
 * @param {ReturnType<typeof import('./channels.js').createChannels>} channels that this tab itself wants
 * @param {{leads: () => boolean, resign: () => void}} leader
 */
export const createRelay = (tabs, connection, channels, leader) => {
  /** @type {Map<string, Set<string>>} the channels of the tabs that follow this one */
  const followers = new Map();
  /** @type {LinkEvents | undefined} this tab's, while it follows */
  let following;
  /** @type {string | undefined} the tab over whose socket it is open */
  let openOver;
  const { leads } = leader;

  /** @param {keyof LinkEvents | 'open' | 'send' | 'close'} kind @param {any} [body] */
  const post = (kind, body) => tabs.post('link', [kind, body]);

  /** @param {string[]} names of channels that this tab, or one that follows it, has given up */
  const giveUp = (names) => {
    const wanted = new Set([...followers.values()].flatMap((each) => [...each]));
    const unwanted = names.filter((name) => !wanted.has(name) && !channels.has(name));
    if (unwanted.length > 0) connection.send(unsubscribeFrame(unwanted));
  };

  /** @param {string} tab */
  const drop = (tab) => {
    const names = followers.get(tab) ?? [];
    followers.delete(tab);
    giveUp([...names]);
  };

  tabs.on('link', ([kind, body], from) => {
    const { state } = connection.status();
    if (!leads()) {
      if (kind !== 'opened') /** @type {any} */ (following)?.[kind]?.(body);
      else if (!following) connection.renew('leader');
      else if (!openOver) {
        openOver = from;
        following.opened();
      }
    } else if (kind === 'open') {
      followers.set(from, new Set());
      if (state === 'connected') post('opened');
      else if (state === 'disconnected') leader.resign();
    } else if (kind === 'close') {
      drop(from);
    } else if (kind === 'send' && state === 'connected') {
      const { subscribe = [], unsubscribe = [] } = JSON.parse(body);
      const names = new Set([...(followers.get(from) ?? []), ...subscribe]);
      for (const name of unsubscribe) names.delete(name);
      followers.set(from, names);
      if (subscribe.length > 0) connection.send(body);
      giveUp(unsubscribe);
    }
  });
  tabs.onGone(drop);

  return {
    /** @param {LinkEvents} events @returns {Link} */
    follow(events) {
      followers.clear();
      [following, openOver] = [events, undefined];
      post('open');
      return {
        send: (text) => post('send', text),
        close() {
          following = undefined;
          post('close');
        },
      };
    },
    /** Whether the link is open, over that tab's socket. @param {string} [tab] */
    follows: (tab) => following !== undefined && tab !== undefined && openOver === tab,
    /** What happens to the leader's link happens to those who follow it. @param {keyof LinkEvents} kind @param {any} [body] */
    tell(kind, body) {
      if (leads() && (followers.size > 0 || kind === 'opened')) post(kind, body);
    },
    giveUp,
  };
};
