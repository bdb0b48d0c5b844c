/**
 * The requests of a collection, and what an answer means for a mutation: four cases, no fifth.
 *
 *   acknowledged   the server has committed it (perhaps long ago: a repeat answers with the first result)
 *   refused        it certainly has not, and never will: the mutation id is used up
 *   fenced         another tab sends for this profile by now; nothing was written
 *   unsettled      nobody knows, or not now: send it again as it is, with the same mutation id
 */

import { clearTimer, setTimer } from './clock.js';

/** @typedef {import('./replay.js').Item} Item */

/**
 * @typedef {Error & {code: number | string, current: Item | null, definite: boolean}} MutationError
 *   `name` is the server's name for it; `current` the item as the server has it, where it says so;
 *   `definite`: it certainly did not happen
 */

/**
 * @typedef {{kind: 'acknowledged', result: any}
 *   | {kind: 'refused' | 'fenced' | 'unsettled', error: MutationError}} Answer
 */

/**
 * @param {string} message
 * @param {{name: string, code?: number | string, current?: Item | null, definite?: boolean}} facts
 * @returns {MutationError}
 */
export const mutationError = (message, { name, code = name, current = null, definite = false }) =>
  Object.assign(new Error(message), { code, name, current, definite });

/** Answers that say "later", whatever their body says. */
const LATER = new Set([408, 425, 429]);

const METHODS = { create: 'POST', update: 'PATCH', remove: 'DELETE' };

/**
 * @param {string} address
 * @param {RequestInit} init
 * @param {{timeout: number, stop: AbortSignal}} limits ms, for the whole answer
 * @returns {Promise<{status: number, body: any}>}
 */
const request = async (address, init, { timeout, stop }) => {
  const tooLate = new AbortController();
  const timer = setTimer(() => tooLate.abort(new DOMException('no answer in time', 'TimeoutError')), timeout);
  const cancel = () => tooLate.abort(stop.reason);
  stop.addEventListener('abort', cancel);
  if (stop.aborted) cancel();
  try {
    const answer = await fetch(address, { cache: 'no-store', ...init, signal: tooLate.signal });
    // An answer that broke off in the middle of its body is no answer: this throws too. A refusal may well
    // come from something between, without a word of ours in it: its status says enough.
    const body = answer.ok ? await answer.json() : await answer.json().catch(() => null);
    return { status: answer.status, body };
  } finally {
    clearTimer(timer);
    stop.removeEventListener('abort', cancel);
  }
};

/**
 * @param {string} url of the collection
 * @param {string} clientId
 * @param {{timeout: number, stop: AbortSignal}} limits
 * @returns {Promise<import('./base.js').Snapshot>}
 */
export const readSnapshot = async (url, clientId, limits) => {
  const { status, body } = await request(url, { headers: { 'Client-Id': clientId } }, limits);
  if (status !== 200) throw new Error(body?.error?.message ?? `the server answered ${status}`);
  if (!Array.isArray(body?.items) || typeof body.epoch !== 'string' || !Number.isSafeInteger(body.offset)) {
    throw new Error(`not a snapshot: ${url}`);
  }
  return body;
};

/**
 * @param {import('./store.js').Entry} entry
 * @param {number} fence
 * @param {{timeout: number, stop: AbortSignal}} limits
 * @returns {Promise<Answer>}
 */
export const sendEntry = async ({ url, clientId, mutationId, op, id, fields, baseVersion }, fence, limits) => {
  const headers = new Headers({ 'Client-Id': clientId, 'Mutation-Id': `${mutationId}`, Fence: `${fence}` });
  if (op !== 'create' && baseVersion !== null) headers.set('If-Match', `${baseVersion}`);
  if (op !== 'remove') headers.set('Content-Type', 'application/json');
  const address = op === 'create' ? url : `${url}/${encodeURIComponent(id)}`;
  const content = { create: { ...fields, id }, update: fields, remove: undefined }[op];
  try {
    const init = { method: METHODS[op], headers, body: content && JSON.stringify(content) };
    const { status, body } = await request(address, init, limits);
    return read(status, body);
  } catch (error) {
    const { message, name } = /** @type {Error} */ (error);
    return { kind: 'unsettled', error: mutationError(message, { name: name === 'TimeoutError' ? 'timeout' : 'network' }) };
  }
};

/** @param {number} status @param {any} body @returns {Answer} */
const read = (status, body) => {
  if (status >= 200 && status < 300) return { kind: 'acknowledged', result: body };
  const { code = status, name = `http_${status}`, message, current = null } = body?.error ?? {};
  const refused = status >= 400 && status < 500 && !LATER.has(status) && body?.error?.retryable !== true;
  const kind = name === 'stale_fence' ? 'fenced' : refused ? 'refused' : 'unsettled';
  const text = message ?? `the server answered ${status}`;
  return { kind, error: mutationError(text, { code, name, current, definite: refused }) };
};
