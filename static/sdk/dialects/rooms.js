/**
 * The `rooms` dialect (seed 004): frames to and from plain objects, and nothing else. It keeps no state.
 * Its twin is server/dialects/rooms.py; frames are listed in docs/protocol.md.
 */

/**
 * @typedef {{type: string, room?: string, data?: any, client_id?: string, event?: string, error?: string,
 *   timestamp?: number}} RoomsFrame
 */

export const subscribeFrame = (/** @type {string} */ room) => JSON.stringify({ type: 'subscribe', room });

export const unsubscribeFrame = (/** @type {string} */ room) => JSON.stringify({ type: 'unsubscribe', room });

/** @param {string} room @param {unknown} data */
export const publishFrame = (room, data) => JSON.stringify({ type: 'publish', room, data });

export const broadcastFrame = (/** @type {unknown} */ data) => JSON.stringify({ type: 'broadcast', data });

/** A message of a type that the application handles. @param {string} type @param {unknown} data */
export const customFrame = (type, data) => JSON.stringify({ type, data });

export const pingFrame = () => JSON.stringify({ type: 'ping' });

/**
 * @param {string} text
 * @returns {RoomsFrame}
 * @throws {SyntaxError} if it is not a frame, saying why
 */
export const parseFrame = (text) => {
  const frame = JSON.parse(text);
  if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string') {
    throw new SyntaxError(`a frame must be an object with a type: ${text.slice(0, 80)}`);
  }
  return frame;
};
