/**
 * The requests of one collection, and what an answer means for a mutation: three cases, no fourth.
 *
 *   acknowledged   the server has committed it (perhaps long ago: a repeat answers with the first result)
 *   refused        it certainly has not, and never will: the mutation id is used up
 *   unsettled      nobody knows, or not now: send it again as it is, with the same mutation id
 */

import { clearTimer, setTimer } from './clock.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Mutation} Mutation */

/**
 * @typedef {Error & {code: number | string, current: Item | null, definite: boolean}} MutationError
 *   `name` is the server's name for it; `current` the item as the server has it, where it says so;
 *   `definite`: it certainly did not happen
 */

/**
 * @typedef {{kind: 'acknowledged', result: any}
 *   | {kind: 'refused', error: MutationError}
 *   | {kind: 'unsettled', error: MutationError}} Answer
 */

/**
 * @param {string} message
 * @param {{code: number | string, name: string, current?: Item | null, definite: boolean}} facts
 * @returns {MutationError}
 */
export const mutationError = (message, { code, name, current = null, definite }) =>
  Object.assign(new Error(message), { code, name, current, definite });

/** Answers that say "later", whatever their body says. */
const LATER = new Set([408, 425, 429]);

const METHODS = { create: 'POST', update: 'PATCH', remove: 'DELETE' };

/**
 * @param {object} options
 * @param {string} options.url of the collection
 * @param {string} options.clientId
 * @param {number} options.requestTimeout ms, for the whole answer
 */
export const createApi = ({ url, clientId, requestTimeout }) => {
  const closing = new AbortController();

  /** @param {string} address @param {RequestInit} init @returns {Promise<{status: number, body: any}>} */
  const request = async (address, init) => {
    const tooLate = new AbortController();
    const stop = () => tooLate.abort(new DOMException('no answer in time', 'TimeoutError'));
    const timer = setTimer(stop, requestTimeout);
    const cancel = () => tooLate.abort(closing.signal.reason);
    closing.signal.addEventListener('abort', cancel);
    try {
      const answer = await fetch(address, { cache: 'no-store', ...init, signal: tooLate.signal });
      // An answer that broke off in the middle of its body is no answer: this throws too. A refusal may well
      // come from something between, without a word of ours in it: its status says enough.
      const body = answer.ok ? await answer.json() : await answer.json().catch(() => null);
      return { status: answer.status, body };
    } finally {
      clearTimer(timer);
      closing.signal.removeEventListener('abort', cancel);
    }
  };

  return {
    /** @returns {Promise<import('./base.js').Snapshot>} */
    async snapshot() {
      const { status, body } = await request(url, { headers: { 'Client-Id': clientId } });
      if (status !== 200) throw new Error(body?.error?.message ?? `the server answered ${status}`);
      if (!Array.isArray(body?.items) || typeof body.epoch !== 'string' || !Number.isSafeInteger(body.offset)) {
        throw new Error(`not a snapshot: ${url}`);
      }
      return body;
    },

    /** @param {Mutation} mutation @param {number | null} version for If-Match @returns {Promise<Answer>} */
    async send({ op, id, fields, mutationId }, version) {
      const headers = new Headers({ 'Client-Id': clientId, 'Mutation-Id': String(mutationId) });
      if (op !== 'create' && version !== null) headers.set('If-Match', String(version));
      if (op !== 'remove') headers.set('Content-Type', 'application/json');
      const address = op === 'create' ? url : `${url}/${encodeURIComponent(id)}`;
      const content = { create: { ...fields, id }, update: fields, remove: undefined }[op];
      try {
        const { status, body } = await request(address, {
          method: METHODS[op],
          headers,
          body: content && JSON.stringify(content),
        });
        return read(status, body);
      } catch (error) {
        const { message, name } = /** @type {Error} */ (error);
        const code = name === 'TimeoutError' ? 'timeout' : 'network';
        return { kind: 'unsettled', error: mutationError(message, { code, name: code, definite: false }) };
      }
    },

    close: () => closing.abort(new DOMException('the collection is closed', 'AbortError')),
  };
};

/** @param {number} status @param {any} body @returns {Answer} */
const read = (status, body) => {
  if (status >= 200 && status < 300) return { kind: 'acknowledged', result: body };
  const { code = status, name = `http_${status}`, message, current = null } = body?.error ?? {};
  const refused = status >= 400 && status < 500 && !LATER.has(status) && body?.error?.retryable !== true;
  const text = message ?? `the server answered ${status}`;
  return {
    kind: refused ? 'refused' : 'unsettled',
    error: mutationError(text, { code, name, current, definite: refused }),
  };
};
