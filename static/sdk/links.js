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
 * @param {object} options
 * @param {import('./tabs.js').Tabs} options.tabs
 * @param {() => boolean} options.leads
 * @param {() => boolean} options.isUp whether this tab's connection is
 * @param {(text: string) => void} options.send over this tab's connection
 * @param {(channel: string) => boolean} options.wants whether this tab itself does
 * @param {() => void} options.onAsked another tab wants to be connected
 * @param {() => void} options.onUp the leader is connected
 */
export const createRelay = ({ tabs, leads, isUp, send, wants, onAsked, onUp }) => {
  /** @type {Map<string, Set<string>>} the channels of the tabs that follow this one */
  const followers = new Map();
  /** @type {LinkEvents | null} this tab's, while it follows */
  let following = null;
  /** @type {string | null} the tab over whose socket it is open */
  let openOver = null;

  /** @param {keyof LinkEvents | 'open' | 'send' | 'close'} kind @param {any} [body] */
  const post = (kind, body) => tabs.post('link', [kind, body]);

  /** @param {string[]} channels that this tab, or one that follows it, has given up */
  const giveUp = (channels) => {
    const wanted = new Set(leads() ? [...followers.values()].flatMap((each) => [...each]) : []);
    const unwanted = channels.filter((channel) => !wanted.has(channel) && !wants(channel));
    if (unwanted.length > 0) send(unsubscribeFrame(unwanted));
  };

  /** @param {string} tab */
  const drop = (tab) => {
    const channels = followers.get(tab) ?? [];
    followers.delete(tab);
    giveUp([...channels]);
  };

  tabs.on('link', ([kind, body], from) => {
    if (!leads()) {
      if (kind !== 'opened') /** @type {any} */ (following)?.[kind]?.(body);
      else if (following === null) onUp();
      else if (openOver === null) {
        openOver = from;
        following.opened();
      }
    } else if (kind === 'open') {
      followers.set(from, new Set());
      if (isUp()) post('opened');
      else onAsked();
    } else if (kind === 'close') {
      drop(from);
    } else if (kind === 'send' && isUp()) {
      const { subscribe = [], unsubscribe = [] } = JSON.parse(body);
      const channels = followers.get(from) ?? new Set();
      followers.set(from, channels);
      for (const channel of subscribe) channels.add(channel);
      for (const channel of unsubscribe) channels.delete(channel);
      if (subscribe.length > 0) send(body);
      giveUp(unsubscribe);
    }
  });
  tabs.onGone(drop);

  return {
    /** @param {LinkEvents} events @returns {Link} */
    follow(events) {
      followers.clear();
      [following, openOver] = [events, null];
      post('open');
      return {
        send: (text) => post('send', text),
        close() {
          following = null;
          post('close');
        },
      };
    },
    /** Whether the link is open, over that tab's socket. @param {string | null} tab */
    follows: (tab) => following !== null && tab !== null && openOver === tab,
    /** What happens to the leader's link happens to those who follow it. @param {keyof LinkEvents} kind @param {any} [body] */
    tell(kind, body) {
      if (leads() && (followers.size > 0 || kind === 'opened')) post(kind, body);
    },
    giveUp,
  };
};
