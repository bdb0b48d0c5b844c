/**
 * The `broadcast` dialect: frames to and from plain objects, and nothing else. It keeps no state.
 * Its twin is server/dialects/broadcast.py; frames are listed in docs/protocol.md.
 */

/** @typedef {{epoch: string, offset: number}} Position a place in a channel's log */

/**
 * @typedef {{channel: string, event: string, payload: any, epoch?: string, offset?: number}} ChannelEvent
 *   `epoch` and `offset` come from a server that knows positions, and not from another tab
 */

/**
 * @typedef {{kind: 'event', event: ChannelEvent}
 *   | {kind: 'subscribed', channel: string, position: Position, recovered: boolean}
 *   | {kind: 'position', channel: string, position: Position}
 *   | {kind: 'pong'}
 *   | {kind: 'error', code: string | number, message: string}
 *   | {kind: 'unknown', type: string}} Frame
 *   `unknown` is a frame of a later server: not an error, and nothing for us
 */

/**
 * One frame for all the channels, each with the position it resumes from (null: from now on).
 * @param {Iterable<[string, Position | null]>} positions
 */
export const subscribeFrame = (positions) => {
  const byChannel = Object.fromEntries(positions);
  return JSON.stringify({ subscribe: Object.keys(byChannel), positions: byChannel });
};

/** @param {string[]} channels */
export const unsubscribeFrame = (channels) => JSON.stringify({ unsubscribe: channels });

export const pingFrame = () => JSON.stringify({ type: 'ping' });

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {Record<string, any>} frame */
const hasPosition = (frame) => typeof frame.epoch === 'string' && Number.isSafeInteger(frame.offset);

/**
 * @param {string} text
 * @returns {Frame}
 * @throws {SyntaxError} if it is not a frame, saying why
 */
export const parseFrame = (text) => {
  const frame = JSON.parse(text);
  if (!isObject(frame)) throw new SyntaxError(`a frame must be an object: ${text.slice(0, 80)}`);
  const { type, channel, epoch, offset } = frame;
  if (type === 'pong') return { kind: 'pong' };
  if (type === 'error') {
    return { kind: 'error', code: frame.code ?? 'unknown', message: String(frame.message ?? '') };
  }
  if (type === 'subscribed' || type === 'position') {
    if (typeof channel !== 'string' || !hasPosition(frame)) {
      throw new SyntaxError(`a ${type} frame without channel, epoch or offset: ${text.slice(0, 80)}`);
    }
    const position = { epoch, offset };
    if (type === 'position') return { kind: 'position', channel, position };
    return { kind: 'subscribed', channel, position, recovered: frame.recovered === true };
  }
  if (typeof channel === 'string' && typeof frame.event === 'string') {
    const event = { channel, event: frame.event, payload: frame.payload };
    return { kind: 'event', event: hasPosition(frame) ? { ...event, epoch, offset } : event };
  }
  if (typeof type === 'string') return { kind: 'unknown', type };
  throw new SyntaxError(`neither an event nor a known type: ${text.slice(0, 80)}`);
};
