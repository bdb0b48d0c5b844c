/**
 * The `state` dialect (seed 003): frames to and from plain objects, and nothing else. It keeps no state.
 * Its twin is server/dialects/state.py; frames are listed in docs/protocol.md.
 */

/** @typedef {{type: string, payload?: any, sequence?: number, timestamp?: number}} StateFrame */

/** @param {string} type @param {unknown} [payload] */
const frameOf = (type, payload) => JSON.stringify(payload === undefined ? { type } : { type, payload });

/** Set one member of the state. @param {string} updateType @param {unknown} data @param {number} version */
export const updateFrame = (updateType, data, version) =>
  frameOf('state_update', { update_type: updateType, data, version });

/** Merge members into the state. @param {Record<string, unknown>} data @param {number} version */
export const mergeFrame = (data, version) => frameOf('partial_state_update', { data, version });

export const readFrame = () => frameOf('get_current_state');

/** @param {string} id @param {unknown} data @param {boolean} broadcast to the user's other connections */
export const messageFrame = (id, data, broadcast) =>
  JSON.stringify({ type: 'user_message', id, payload: data, broadcast });

export const refreshFrame = (/** @type {string} */ token) => frameOf('auth_refresh', { token });

export const pingFrame = () => frameOf('ping');

export const pongFrame = () => frameOf('pong');

/**
 * @param {string} text
 * @returns {StateFrame}
 * @throws {SyntaxError} if it is not a frame, saying why
 */
export const parseFrame = (text) => {
  const frame = JSON.parse(text);
  if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string') {
    throw new SyntaxError(`a frame must be an object with a type: ${text.slice(0, 80)}`);
  }
  return frame;
};
