/**
 * The `mq` dialect (seed 000): frames to and from plain objects, and nothing else. It keeps no state.
 * Its twin is server/dialects/mq.py; frames are listed in docs/protocol.md.
 */

import { now, uuid } from '../clock.js';

/**
 * @typedef {{kind: 'request', topic: string, correlation: string, body: any}
 *   | {kind: 'response', correlation: string, body: any}
 *   | {kind: 'error', correlation: string, message: string}
 *   | {kind: 'event', topic: string, body: any}
 *   | {kind: 'unknown', type: string}} MqFrame
 *   an `error` without a correlation is about a frame of ours that made no sense
 */

export const REGISTERED = '_internal.client.registered';
/** Topics that the server speaks on unasked. */
export const UNASKED = [REGISTERED, '_internal.notification'];

/** @param {string} type @param {string} topic @param {unknown} body @param {Record<string, unknown>} [more] */
const frameOf = (type, topic, body = null, more = {}) =>
  JSON.stringify({ header: { messageID: uuid(), ...more, type, topic, timestamp: now() }, body });

/** @param {string} pageSession */
export const registerFrame = (pageSession) => frameOf('event', '_client.register', { pageSessionID: pageSession });

/** @param {string} topic @param {unknown} body */
export const eventFrame = (topic, body) => frameOf('event', topic, body);

/** @param {string} correlation @param {string} topic @param {unknown} body @param {number} ttl ms */
export const requestFrame = (correlation, topic, body, ttl) =>
  frameOf('request', topic, body, { correlationID: correlation, ttl });

/** @param {string} correlation @param {unknown} body */
export const responseFrame = (correlation, body) =>
  frameOf('response', correlation, body, { correlationID: correlation });

/** @param {string} correlation @param {string} message */
export const errorFrame = (correlation, message) =>
  frameOf('error', correlation, { error: { message } }, { correlationID: correlation });

export const subscribeFrame = (/** @type {string} */ topic) => frameOf('subscribe', topic);

export const unsubscribeFrame = (/** @type {string} */ topic) => frameOf('unsubscribe', topic);

/** What went wrong, in either of the shapes that an error has. @param {any} body */
const errorText = (body) => {
  const error = body?.error ?? body;
  const text = error?.message ?? error;
  return typeof text === 'string' ? text : JSON.stringify(body);
};

/**
 * @param {string} text
 * @returns {MqFrame}
 * @throws {SyntaxError} if it is not a frame, saying why
 */
export const parseFrame = (text) => {
  const { header, body = null } = Object(JSON.parse(text));
  if (typeof header?.type !== 'string') {
    throw new SyntaxError(`a frame must have a header with a type: ${text.slice(0, 80)}`);
  }
  const { type, topic = '', correlationID: correlation = '' } = header;
  if (type === 'request') return { kind: type, topic, correlation, body };
  if (type === 'response') return { kind: type, correlation, body };
  if (type === 'error') return { kind: type, correlation, message: errorText(body) };
  if (type === 'event') return { kind: type, topic, body };
  return { kind: 'unknown', type };
};
