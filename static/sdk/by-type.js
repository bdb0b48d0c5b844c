/** Listeners to frames, each to those of one type. */

import { createListeners } from './listeners.js';

/**
 * @template {{type: string}} Frame
 * @typedef {{add: (type: string, listener: (frame: Frame) => void) => void, tell: (frame: Frame) => void}} ByType
 */

/**
 * @template {{type: string}} Frame
 * @returns {ByType<Frame>}
 */
export const createByType = () => {
  /** @type {Map<string, import('./listeners.js').Listeners<[Frame]>>} */
  const types = new Map();
  return {
    add(type, listener) {
      const listeners = types.get(type) ?? createListeners();
      types.set(type, listeners);
      listeners.add(listener);
    },
    tell: (frame) => types.get(frame.type)?.tell(frame),
  };
};
