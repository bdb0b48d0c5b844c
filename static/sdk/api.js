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
 * @typedef {object} Problem as it travels between tabs
 * @property {string} name the server's name for it, or ours
 * @property {string} message
 * @property {Item | null} current the item as the server has it, where it says so
 * @property {boolean} definite it certainly did not happen
 */

/** @typedef {Error & Problem} MutationError */

/** @typedef {{kind: 'acknowledged' | 'refused' | 'fenced' | 'unsettled', result?: any, error?: Problem}} Answer */

/** @param {string} name @param {string} message @param {Partial<Problem>} [more] @returns {Problem} */
export const problem = (name, message, more) => ({ name, message, current: null, definite: false, ...more });

/** @param {Problem} problem @returns {MutationError} */
export const toError = (problem) => Object.assign(new Error(problem.message), problem);

/** Answers that say "later", whatever their body says. */
const LATER = [408, 425, 429];

/**
 * @param {string} address
 * @param {RequestInit} init
 * @param {number} timeout ms, for the whole answer
 * @param {AbortSignal} stop
 * @returns {Promise<{status: number, ok: boolean, body: any}>}
 */
const request = async (address, init, timeout, stop) => {
  const late = new AbortController();
  const timer = setTimer(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), timeout);
  try {
    const signal = AbortSignal.any([stop, late.signal]);
    const answer = await fetch(address, { cache: 'no-store', ...init, signal });
    const { status, ok } = answer;
    // An answer that broke off in the middle of its body is no answer: this throws too. A refusal may well
    // come from something between, without a word of ours in it: its status says enough.
    return { status, ok, body: await answer.json().catch((error) => (ok ? Promise.reject(error) : null)) };
  } finally {
    clearTimer(timer);
  }
};

/**
 * @param {string} url of the collection
 * @param {string} clientId
 * @param {number} timeout ms
 * @param {AbortSignal} stop
 * @returns {Promise<import('./base.js').Snapshot>}
 */
export const readSnapshot = async (url, clientId, timeout, stop) => {
  const { status, body } = await request(url, { headers: { 'Client-Id': clientId } }, timeout, stop);
  const { items, epoch, offset, error } = body ?? {};
  if (Array.isArray(items) && typeof epoch === 'string' && Number.isSafeInteger(offset)) return body;
  throw new Error(error?.message ?? `no snapshot, but ${status}: ${url}`);
};

/**
 * @param {import('./store.js').Entry} entry
 * @param {number} fence
 * @param {number} timeout ms
 * @param {AbortSignal} stop
 * @returns {Promise<Answer>}
 */
export const sendEntry = async ({ url, clientId, mutationId, op, id, fields, baseVersion }, fence, timeout, stop) => {
  const isNew = op === 'create';
  const method = { create: 'POST', update: 'PATCH', remove: 'DELETE' }[op];
  const content = { create: { ...fields, id }, update: fields, remove: undefined }[op];
  const headers = new Headers({ 'Client-Id': clientId, 'Mutation-Id': `${mutationId}`, Fence: `${fence}` });
  if (!isNew && baseVersion) headers.set('If-Match', `${baseVersion}`);
  if (content) headers.set('Content-Type', 'application/json');
  try {
    const init = { method, headers, body: JSON.stringify(content) };
    const { status, ok, body } = await request(isNew ? url : `${url}/${encodeURIComponent(id)}`, init, timeout, stop);
    if (ok) return { kind: 'acknowledged', result: body };
    const { name = `http_${status}`, message = `the server answered ${status}`, current = null, retryable } = body?.error ?? {};
    const definite = status >= 400 && status < 500 && !LATER.includes(status) && retryable !== true;
    const kind = name === 'stale_fence' ? 'fenced' : definite ? 'refused' : 'unsettled';
    return { kind, error: problem(name, message, { current, definite }) };
  } catch (error) {
    const { message, name } = /** @type {Error} */ (error);
    return { kind: 'unsettled', error: problem(name === 'TimeoutError' ? 'timeout' : 'network', message) };
  }
};
