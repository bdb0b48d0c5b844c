/**
 * Which channels the application wants, and how far each has been heard. No I/O: frames come in, and what
 * is to be told to whom comes out.
 *
 * Offsets are dense, so a loss is always visible: an event that leaves a gap, a position ahead of ours, or
 * another epoch. Each of them is a *resync*: what was missed will not come any more, read the state anew.
 */

/** @typedef {import('./dialects/broadcast.js').Position} Position */
/** @typedef {import('./dialects/broadcast.js').ChannelEvent} ChannelEvent */
/** @typedef {import('./dialects/broadcast.js').Frame} Frame */

/**
 * @typedef {object} SubscribeHooks
 * @property {(channel: string, position: Position | null, reason: string) => void} [onResync]
 *   events were lost; `position` is where the channel stands now, null if the server knows no positions
 * @property {(channel: string, position: Position) => void} [onSubscribed]
 *   the server has taken the subscription: every event after `position` will come
 */

/** @typedef {{handler: (event: ChannelEvent) => void, hooks: SubscribeHooks}} Subscriber */

/**
 * @typedef {{tell: 'event', event: ChannelEvent}
 *   | {tell: 'subscribed', channel: string, position: Position}
 *   | {tell: 'resync', channel: string, position: Position | null, reason: string}} News
 */

/**
 * @typedef {object} Channel
 * @property {Set<Subscriber>} subscribers
 * @property {Position | null} position the last event heard
 * @property {boolean} live the server has answered our subscription on the present socket
 * @property {boolean} asked a subscription was sent on an earlier socket
 */

/** @param {Position} mine @param {Position} theirs */
const isBehind = (mine, theirs) => mine.epoch !== theirs.epoch || mine.offset < theirs.offset;

export const createChannels = () => {
  /** @type {Map<string, Channel>} */
  const channels = new Map();

  /** @param {ChannelEvent} event @returns {News[]} */
  const receiveEvent = (event) => {
    const channel = channels.get(event.channel);
    if (!channel) return [];
    const { epoch, offset } = event;
    /** @type {News} */
    const news = { tell: 'event', event };
    if (epoch === undefined || offset === undefined) return [news];
    // Sent before the server read our subscription: it belongs to one that was given up.
    if (!channel.live || channel.position === null) return [];
    const { position } = channel;
    const sameEpoch = position.epoch === epoch;
    if (sameEpoch && offset <= position.offset) return []; // a duplicate
    channel.position = { epoch, offset };
    if (sameEpoch && offset === position.offset + 1) return [news];
    const reason = sameEpoch ? 'gap' : 'epoch';
    return [{ tell: 'resync', channel: event.channel, position: channel.position, reason }, news];
  };

  /** @param {Extract<Frame, {kind: 'subscribed'}>} frame @returns {News[]} */
  const receiveSubscribed = ({ channel: name, position, recovered }) => {
    const channel = channels.get(name);
    if (!channel) return [];
    channel.live = true;
    const before = channel.position;
    if (recovered && before !== null && !isBehind(before, position)) {
      return [{ tell: 'subscribed', channel: name, position: before }];
    }
    channel.position = position;
    if (recovered && before === null) return [{ tell: 'subscribed', channel: name, position }];
    return [
      { tell: 'resync', channel: name, position, reason: recovered ? 'gap' : 'not-recovered' },
      { tell: 'subscribed', channel: name, position },
    ];
  };

  /** @param {Extract<Frame, {kind: 'position'}>} frame @returns {News[]} */
  const receivePosition = ({ channel: name, position }) => {
    const channel = channels.get(name);
    if (!channel?.live || channel.position === null || !isBehind(channel.position, position)) return [];
    channel.position = position;
    return [{ tell: 'resync', channel: name, position, reason: 'behind' }];
  };

  return {
    /** @param {string} name @param {Subscriber} subscriber @returns {boolean} whether the channel is new */
    add(name, subscriber) {
      const known = channels.get(name);
      if (known) known.subscribers.add(subscriber);
      else channels.set(name, { subscribers: new Set([subscriber]), position: null, live: false, asked: false });
      return !known;
    },
    /** @param {string} name @param {Subscriber} subscriber @returns {boolean} whether it was the last one */
    remove(name, subscriber) {
      const channel = channels.get(name);
      if (!channel?.subscribers.delete(subscriber) || channel.subscribers.size > 0) return false;
      channels.delete(name);
      return true;
    },
    /** @param {string} name @returns {ReadonlySet<Subscriber>} */
    subscribers: (name) => channels.get(name)?.subscribers ?? new Set(),
    /** @param {string} name */
    position: (name) => channels.get(name)?.position ?? null,
    /** @param {string} name */
    isLive: (name) => channels.get(name)?.live ?? false,
    /** What to ask for on a new socket. @returns {[string, Position | null][]} */
    wanted: () => [...channels].map(([name, { position }]) => [name, position]),

    /** All channels were asked for on a new socket. @returns {News[]} */
    asked() {
      /** @type {News[]} */
      const news = [];
      for (const [name, channel] of channels) {
        // Without a position nothing can be resumed: whatever happened between two sockets is lost.
        if (channel.asked && channel.position === null) {
          news.push({ tell: 'resync', channel: name, position: null, reason: 'no-position' });
        }
        channel.asked = true;
      }
      return news;
    },
    /** One channel was asked for on an open socket. @param {string} name */
    askedOne(name) {
      const channel = channels.get(name);
      if (channel) channel.asked = true;
    },
    /** The socket is gone. */
    lost() {
      for (const channel of channels.values()) channel.live = false;
    },
    /** @param {Frame} frame @returns {News[]} */
    receive(frame) {
      if (frame.kind === 'event') return receiveEvent(frame.event);
      if (frame.kind === 'subscribed') return receiveSubscribed(frame);
      if (frame.kind === 'position') return receivePosition(frame);
      return [];
    },
  };
};

/**
 * Tell the subscribers. One of them that throws must not cost the others their event.
 * @param {ReturnType<typeof createChannels>} channels @param {News[]} all
 */
export const deliver = (channels, all) => {
  for (const news of all) {
    const channel = news.tell === 'event' ? news.event.channel : news.channel;
    for (const subscriber of [...channels.subscribers(channel)]) {
      // One of the others may have unsubscribed it, a moment ago.
      if (!channels.subscribers(channel).has(subscriber)) continue;
      try {
        if (news.tell === 'event') subscriber.handler(news.event);
        else if (news.tell === 'subscribed') subscriber.hooks.onSubscribed?.(channel, news.position);
        else subscriber.hooks.onResync?.(channel, news.position, news.reason);
      } catch (error) {
        reportError(error); // the application's own
      }
    }
  }
};
