/**
 * The `broadcast` dialect: frames to and from plain objects, and nothing else. It keeps no state.
 * Its twin is server/dialects/broadcast.py; frames are listed in docs/protocol.md.
 */

/** @typedef {import('../position.js').Position} Position */

/**
 * @typedef {{type?: undefined, channel: string, event: string, payload: any, epoch?: string, offset?: number}} ChannelEvent
 *   `epoch` and `offset` come from a server that knows positions, and not from another tab
 */

/**
 * @typedef {ChannelEvent
 *   | ({type: 'subscribed', channel: string, recovered: boolean} & Position)
 *   | ({type: 'position', channel: string} & Position)
 *   | {type: 'error', channel?: undefined, code: string | number, message: string}
 *   | {type: 'pong', channel?: undefined}} Frame
 *   one of another type is a frame of a later server: not an error, and nothing for us
 */

/**
 * One frame for all the channels, each with the position it resumes from (null: from now on).
 * @param {Iterable<[string, Position | null]>} wanted
 */
export const subscribeFrame = (wanted) => {
  const positions = Object.fromEntries(wanted);
  return JSON.stringify({ subscribe: Object.keys(positions), positions });
};

/** @param {string[]} unsubscribe */
export const unsubscribeFrame = (unsubscribe) => JSON.stringify({ unsubscribe });

export const pingFrame = () => JSON.stringify({ type: 'ping' });

/**
 * @param {string} text
 * @returns {Frame}
 * @throws {SyntaxError} if it is not a frame, saying so
 */
export const parseFrame = (text) => {
  const frame = JSON.parse(text);
  const { type, channel, event, epoch, offset } = frame ?? {};
  const isPlaced = typeof epoch === 'string' && Number.isSafeInteger(offset);
  const isAnswer = type === 'subscribed' || type === 'position';
  const isEvent = typeof event === 'string' && (isPlaced || offset === undefined);
  const isOfChannel = typeof channel === 'string' && (isAnswer ? isPlaced : isEvent);
  if (isOfChannel || (typeof type === 'string' && !isAnswer)) return frame;
  throw new SyntaxError(`not a frame: ${text.slice(0, 80)}`);
};
