/**
 * Which channels the application wants, and how far each has been heard. No I/O: frames come in, and the
 * subscribers are told what they mean.
 *
 * Offsets are dense, so a loss is always visible: an event that leaves a gap, a position ahead of ours, or
 * another epoch. Each of them is a *resync*: what was missed will not come any more, read the state anew.
 */

import { createListeners } from './listeners.js';
import { ahead } from './position.js';

/** @typedef {import('./position.js').Position} Position */
/** @typedef {import('./dialects/broadcast.js').ChannelEvent} ChannelEvent */
/** @typedef {import('./dialects/broadcast.js').Frame} Frame */

/**
 * @typedef {object} SubscribeHooks
 * @property {(channel: string, position: Position | null, reason: string) => void} [onResync]
 *   events were lost; `position` is where the channel stands now, null if the server knows no positions
 * @property {(channel: string, position: Position) => void} [onSubscribed]
 *   the server has taken the subscription: every event after `position` will come
 */

/** @typedef {(hooks: SubscribeHooks & {onEvent: (event: ChannelEvent) => void}) => void} Telling */

/**
 * @typedef {object} Channel
 * @property {import('./listeners.js').Listeners<[Telling]>} subscribers
 * @property {Position | null} position the last event heard
 * @property {boolean} live the server has answered our subscription on the present socket
 * @property {boolean} asked a subscription was sent on an earlier socket
 */

export const createChannels = () => {
  /** @type {Map<string, Channel>} */
  const channels = new Map();

  /** @param {string} name @param {Channel} channel @param {Position | null} position @param {string} reason */
  const resync = (name, channel, position, reason) => {
    channel.position = position;
    channel.subscribers.tell(({ onResync }) => onResync?.(name, position, reason));
  };

  /** @param {Channel} channel @param {ChannelEvent} event */
  const receiveEvent = (channel, event) => {
    const { epoch, offset } = event;
    if (epoch !== undefined && offset !== undefined) {
      // Sent before the server read our subscription: it belongs to one that was given up.
      if (!channel.live || channel.position === null) return;
      const position = { epoch, offset };
      const step = ahead(channel.position, position);
      if (step <= 0) return; // a duplicate
      if (step > 1) resync(event.channel, channel, position, step < Infinity ? 'gap' : 'epoch');
      channel.position = position;
    }
    channel.subscribers.tell(({ onEvent }) => onEvent(event));
  };

  return {
    /**
     * @param {string} name
     * @param {(event: ChannelEvent) => void} onEvent
     * @param {SubscribeHooks} hooks
     * @param {boolean} asked it is asked for now, on an open socket
     * @returns {() => boolean} unsubscribe: whether nobody wants the channel any more
     */
    add(name, onEvent, hooks, asked = false) {
      const channel = channels.get(name) ?? { subscribers: createListeners(), position: null, live: false, asked };
      channels.set(name, channel);
      const remove = channel.subscribers.add((telling) => telling({ ...hooks, onEvent }));
      return () => remove() && channel.subscribers.size() === 0 && channels.delete(name);
    },
    /** @param {string} name */
    has: (name) => channels.has(name),
    /** @param {string} name */
    position: (name) => channels.get(name)?.position ?? null,
    /** @param {string} name */
    isLive: (name) => channels.get(name)?.live ?? false,
    /** What to ask for on a new socket. @returns {[string, Position | null][]} */
    wanted: () => [...channels].map(([name, { position }]) => [name, position]),

    /** All channels were asked for on a new socket. */
    asked() {
      for (const [name, channel] of channels) {
        // Without a position nothing can be resumed: whatever happened between two sockets is lost.
        if (channel.asked && channel.position === null) resync(name, channel, null, 'no-position');
        channel.asked = true;
      }
    },
    /** The socket is gone. */
    lost: () => channels.forEach((channel) => (channel.live = false)),
    /** @param {Frame} frame of the server, or of another tab */
    receive(frame) {
      const name = frame.channel ?? '';
      const channel = channels.get(name);
      if (!channel) return;
      if ('event' in frame) return receiveEvent(channel, frame);
      const { epoch, offset } = /** @type {Position} */ (/** @type {unknown} */ (frame));
      const position = { epoch, offset };
      const mine = channel.position;
      const isLost = mine !== null && ahead(mine, position) > 0;
      if (frame.type === 'subscribed') {
        channel.live = true;
        if (isLost || !frame.recovered) resync(name, channel, position, frame.recovered ? 'gap' : 'not-recovered');
        const from = (channel.position ??= position);
        channel.subscribers.tell(({ onSubscribed }) => onSubscribed?.(name, from));
      } else if (frame.type === 'position' && channel.live && isLost) {
        resync(name, channel, position, 'behind');
      }
    },
  };
};
