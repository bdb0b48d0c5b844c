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
 * @property {string} name the server's name for it
 * @property {string} message
 * @property {number | string} code
 * @property {Item | null} current the item as the server has it, where it says so
 * @property {boolean} definite it certainly did not happen
 */

/** @typedef {Error & Problem} MutationError */

/** @typedef {{kind: 'acknowledged' | 'refused' | 'fenced' | 'unsettled', result?: any, error?: Problem}} Answer */

/** @param {string} name @param {string} message @param {Partial<Problem>} [more] @returns {Problem} */
export const problem = (name, message, more) => ({ name, message, code: name, current: null, definite: false, ...more });

/** Answers that say "later", whatever their body says. */
const LATER = [408, 425, 429];

const METHODS = { create: 'POST', update: 'PATCH', remove: 'DELETE' };

/**
 * @param {string} address
 * @param {RequestInit} init
 * @param {{timeout: number, stop: AbortSignal}} limits ms, for the whole answer
 * @returns {Promise<{status: number, ok: boolean, body: any}>}
 */
const request = async (address, init, { timeout, stop }) => {
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

/** @param {number} status */
const answered = (status) => `the server answered ${status}`;

/**
 * @param {string} url of the collection
 * @param {string} clientId
 * @param {{timeout: number, stop: AbortSignal}} limits
 * @returns {Promise<import('./base.js').Snapshot>}
 */
export const readSnapshot = async (url, clientId, limits) => {
  const { status, ok, body } = await request(url, { headers: { 'Client-Id': clientId } }, limits);
  if (!ok) throw new Error(body?.error?.message ?? answered(status));
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
  const isNew = op === 'create';
  const content = { create: { ...fields, id }, update: fields, remove: undefined }[op];
  const headers = new Headers({ 'Client-Id': clientId, 'Mutation-Id': `${mutationId}`, Fence: `${fence}` });
  if (!isNew && baseVersion !== null) headers.set('If-Match', `${baseVersion}`);
  if (content) headers.set('Content-Type', 'application/json');
  const init = { method: METHODS[op], headers, body: JSON.stringify(content) };
  try {
    const { status, ok, body } = await request(isNew ? url : `${url}/${encodeURIComponent(id)}`, init, limits);
    if (ok) return { kind: 'acknowledged', result: body };
    const { name = `http_${status}`, message = answered(status), code = status, current, retryable } = body?.error ?? {};
    const definite = status >= 400 && status < 500 && !LATER.includes(status) && retryable !== true;
    const kind = name === 'stale_fence' ? 'fenced' : definite ? 'refused' : 'unsettled';
    return { kind, error: problem(name, message, { code, current: current ?? null, definite }) };
  } catch (error) {
    const { message, name } = /** @type {Error} */ (error);
    return { kind: 'unsettled', error: problem(name === 'TimeoutError' ? 'timeout' : 'network', message) };
  }
};
