/** Requests that wait for their answers. Each ends once: by its answer, its timeout, or the connection's end. */

import { clearTimer, setTimer, uuid } from './clock.js';

/**
 * @typedef {'timed-out' | 'lost' | 'not-connected' | 'refused'} RpcReason
 *   `refused`: the other side answered an error. `timed-out` and `lost`: it may have been done all the same
 */

export class RpcError extends Error {
  name = 'RpcError';

  /** @param {RpcReason} reason @param {string} message */
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

/** @param {() => void} onTimeout */
export const createCalls = (onTimeout) => {
  /** @type {Map<string, {resolve: (body: any) => void, reject: (error: RpcError) => void}>} */
  const waiting = new Map();

  /** @param {string} id */
  const take = (id) => {
    const call = waiting.get(id);
    waiting.delete(id);
    return call;
  };

  return {
    /** Wait for an answer, and send the request that asks for it. @param {number} timeout ms @param {(id: string) => void} send */
    ask(timeout, send) {
      const id = uuid();
      return new Promise((resolve, reject) => {
        const timer = setTimer(() => {
          take(id)?.reject(new RpcError('timed-out', 'request timed out'));
          onTimeout();
        }, timeout);
        waiting.set(id, {
          resolve: (body) => (clearTimer(timer), resolve(body)),
          reject: (error) => (clearTimer(timer), reject(error)),
        });
        try {
          send(id);
        } catch (error) {
          take(id);
          clearTimer(timer);
          reject(error);
        }
      });
    },
    /** What nobody waits for any more is dropped. @param {string} id @param {unknown} body */
    answered: (id, body) => take(id)?.resolve(body),
    /** @param {string} id @param {string} message */
    refused: (id, message) => take(id)?.reject(new RpcError('refused', message)),
    /** @param {string} why */
    lost(why) {
      for (const id of [...waiting.keys()]) take(id)?.reject(new RpcError('lost', why));
    },
    get size() {
      return waiting.size;
    },
  };
};
