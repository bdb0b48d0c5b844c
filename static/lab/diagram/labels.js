/**
 * What to call a message, in a few characters, and whether it is worth showing unasked. Pure.
 *
 * Each dialect's frames say what they are in a field of their own; what nobody knows is called by its type, or
 * by its layer and size.
 */

import { headerIn, nameOf, parsed, short } from './rows.js';

/**
 * @typedef {object} Words
 * @property {string} label
 * @property {string} category what a filter calls it: message, document, ping
 * @property {any} [body] the payload, if it is JSON
 * @property {boolean} [bad] the answer is a refusal
 */

const DOCUMENT = /\.(js|mjs|css|html?|map|png|jpe?g|svg|ico|gif|webp|woff2?|ttf|wasm|webmanifest)$/i;
const DESTINATIONS = new Set([
  'document', 'iframe', 'frame', 'script', 'style', 'image', 'font', 'worker', 'sharedworker', 'serviceworker', 'manifest',
]);
const LABEL_MAX = 34;
const NUMBER = /^\d+$/;

/** @param {string} mutation */
export const mutationLabel = (mutation) =>
  mutation === '' ? '' : NUMBER.test(mutation) ? `m${mutation}` : short(mutation, 8);

/** Tells a reader nothing. */
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{24,}$/i;

/** The collection, or the last words of any other path: `/api/orders/o1` is `orders`. @param {string} path */
export const placeOf = (path) => {
  const parts = path.split('/').filter(Boolean);
  return parts[0] === 'api' && parts.length > 1 ? parts[1] : parts.slice(-2).filter((part) => !ID.test(part)).join('/') || '/';
};

/** @param {any} frame @returns {Words} */
const requestWords = (frame) => {
  const { method = '', path = '', mutation = '' } = frame;
  const body = parsed(frame.payload);
  if (method === 'OPTIONS') return { label: `preflight ${placeOf(path)}`, category: 'document', body };
  const isDocument = DESTINATIONS.has(headerIn(frame.headers, 'sec-fetch-dest')) || DOCUMENT.test(path);
  if (method === 'GET' && isDocument) return { label: `GET ${short(path, 28)}`, category: 'document', body };
  if (method === 'GET' || method === 'HEAD') return { label: `${method} ${short(placeOf(path), 24)}`, category: 'message', body };
  const which = mutationLabel(mutation) || short(placeOf(path), 20);
  return { label: `${method} ${which}`, category: 'message', body };
};

/** @param {any} frame @returns {Words} */
const answerWords = (frame) => {
  const { status, mutation = '', method = '' } = frame;
  const body = parsed(frame.payload);
  const name = `${status ?? 'answer'}`;
  if (status >= 400) {
    const why = body?.error?.name ?? body?.error?.code ?? '';
    return { label: short(`${name} ${why}`.trim(), LABEL_MAX), category: 'message', body, bad: true };
  }
  if (method !== 'GET') return { label: `${name} ${mutationLabel(mutation)}`.trim(), category: 'message', body };
  const count = Array.isArray(body?.items) ? ` · ${body.items.length} item${body.items.length === 1 ? '' : 's'}` : '';
  return { label: `${name}${count}`, category: 'message', body };
};

/** Sent by the clock, not for anything that somebody did. */
const PINGS = new Set(['ping', 'pong', 'heartbeat', 'ping_ack', 'position']);

/** What mq says about itself, by its topic. @type {Record<string, string>} */
const MQ_OWN = {
  '_client.register': 'register',
  '_internal.client.registered': 'registered',
  '_internal.client.deregistered': 'deregistered',
  '_internal.notification': 'notification',
};

/** Each takes a frame's JSON and says what it is, or undefined: it is not of this dialect. */
const DIALECTS = [
  // broadcast, seed 001
  (/** @type {any} */ { subscribe, unsubscribe, positions }) => {
    if (!Array.isArray(subscribe) && !Array.isArray(unsubscribe)) return undefined;
    const again = positions && Object.values(positions).some(Boolean) ? 'resume' : 'subscribe';
    return Array.isArray(subscribe) && subscribe.length ? `${again} ${subscribe.join(', ')}` : `unsubscribe ${unsubscribe.join(', ')}`;
  },
  (/** @type {any} */ { channel, event, payload, offset }) => {
    if (typeof event !== 'string' || channel === undefined) return undefined;
    return `${event} ${offset ?? (nameOf(payload?.item) || payload?.entity_id || '')}`.trim();
  },
  // mq, seed 000
  (/** @type {any} */ { header, body }) => {
    if (typeof header?.type !== 'string') return undefined;
    const { type, topic = '' } = header;
    if (type === 'event' && Object.hasOwn(MQ_OWN, topic)) return MQ_OWN[topic];
    if (type === 'response') return type;
    if (type === 'error') return `error ${body?.error?.message ?? body?.error ?? ''}`.trim();
    // The original's first client names what it subscribes to in the body.
    return `${type} ${topic === type ? body : topic}`.trim();
  },
  // gateway, seed 002
  (/** @type {any} */ { channel, intent }) =>
    typeof intent === 'string' ? `${intent} ${channel ?? ''}`.trim() : undefined,
  (/** @type {any} */ { agent_type, pillar, type }) =>
    typeof agent_type === 'string' ? `${type ?? 'message'} ${pillar ?? agent_type}` : undefined,
  (/** @type {any} */ { gateway_instance, channel }) =>
    typeof gateway_instance === 'string' ? `fan-out ${channel ?? ''}`.trim() : undefined,
  (/** @type {any} */ { source, message, type }) =>
    typeof source === 'string' && message !== undefined && type === undefined ? `from ${source}` : undefined,
  (/** @type {any} */ { type, recovered, channel, reason }) =>
    type === 'subscribed' && recovered === false ? `resync ${channel ?? ''}${reason ? `: ${reason}` : ''}` : undefined,
  // rooms and state, seeds 004 and 003, and whoever else names a type
  (/** @type {any} */ body) => {
    if (typeof body.type !== 'string') return undefined;
    const about = (Object.hasOwn(ABOUT, body.type) ? ABOUT[body.type](body) : undefined) ?? placeIn(body);
    return `${body.type.replaceAll('_', ' ')} ${about}`.trim();
  },
];

/** @param {any} body */
const placeIn = ({ room, channel, payload, data }) => {
  const version = payload?.version ?? data?.version;
  return room ?? channel ?? (version === undefined ? '' : `v${version}`);
};

/** What is worth saying of a frame besides its type, where it is neither its room nor its version. */
const ABOUT = /** @type {Record<string, (body: any) => string | number | undefined>} */ ({
  subscribed: ({ room, channel, offset }) => `${room ?? channel ?? ''}${offset ? ` at ${offset}` : ''}`,
  message: ({ room, client_id }) => (room === undefined && client_id ? 'to all' : undefined),
  notification: ({ payload, data }) => (payload ?? data)?.event,
  error: ({ error, payload, code, message }) => error ?? payload?.code ?? code ?? message,
  version_conflict: ({ payload }) =>
    payload?.server_version === undefined ? undefined : `v${payload.client_version}, server v${payload.server_version}`,
  connection_established: ({ payload }) => payload?.user_id,
  user_message: ({ id, payload }) => id ?? payload?.message_id,
  ack: ({ payload }) => payload?.message_id,
});

/** @param {any} frame @returns {Words} */
const frameWords = (frame) => {
  const body = parsed(frame.payload);
  if (frame.payload === 'ping' || frame.payload === 'pong') return { label: frame.payload, category: 'ping' };
  if (body && !Array.isArray(body)) {
    if (PINGS.has(body.type) || (body.type === 'heartbeat' && body.action)) return { label: body.type, category: 'ping', body };
    for (const dialect of DIALECTS) {
      const label = dialect(body);
      if (label) return { label: short(label, LABEL_MAX), category: 'message', body, bad: body.type === 'error' };
    }
  }
  if (typeof frame.payload === 'string' && frame.payload && frame.payload.length <= 24 && !body) {
    return { label: `“${frame.payload}”`, category: 'message' };
  }
  return { label: `${frame.payload_base64 ? 'binary' : 'text'} ${frame.size_bytes ?? 0} B`, category: 'message', body };
};

/** @param {any} frame the rest of a frame's first record @returns {Words} */
export const wordsOf = (frame) => {
  const { stage, direction, path = '', status, layer } = frame;
  if (stage === 'connect' || layer === 'connect') return { label: 'connect', category: 'connection' };
  if (stage === 'handshake') {
    const open = direction === 'up' ? 'open socket' : status === 101 ? '101 socket open' : `${status} no socket`;
    return { label: open, category: 'message', bad: direction === 'down' && status !== 101 };
  }
  if (stage === 'frame') return frameWords(frame);
  if (stage === 'chunk') return { label: `chunk ${frame.size_bytes ?? ''} B`, category: DOCUMENT.test(path) ? 'document' : 'message' };
  return stage === 'response' || direction === 'down' ? answerWords(frame) : requestWords(frame);
};

/** What tabs say to keep house: who is there, who leads, whose link is up, what has been dealt with. */
const HOUSEKEEPING = new Set([
  'heartbeat', 'ping', 'pong', 'alive', 'hello', 'welcome', 'bye', 'who', 'leader', 'leading', 'elect', 'election', 'candidate', 'claim',
  'vote', 'vacant', 'resign', 'open', 'close', 'up', 'down', 'ack', 'acknowledged', 'sent', 'settled', 'unsettled', 'changed',
]);
/** A message whose end was cut off is told by what is left of it. */
const LEFT = /"(?:kind|type|topic)":"([^"\\]{1,40})"/g;

/** @param {string} kind @param {string} [label] @returns {Words} */
const between = (kind, label = kind) =>
  ({ label: short(label.replaceAll('_', ' '), LABEL_MAX), category: HOUSEKEEPING.has(kind) ? 'between' : 'sibling' });

/** The words of a message between tabs. @param {string} payload @returns {Words} */
export const siblingWords = (payload) => {
  const body = parsed(payload);
  if (body === undefined) {
    const kinds = [...(payload ?? '').matchAll(LEFT)].map(([, kind]) => kind);
    const kind = kinds.find((each) => HOUSEKEEPING.has(each)) ?? kinds.at(-1);
    return kind ? between(kind) : { label: payload ? short(payload.replace(/\s+/g, ' '), 24) : 'message', category: 'sibling' };
  }
  const inner = body.body ?? body.payload ?? body;
  const kind = inner?.kind ?? body.kind ?? inner?.type ?? body.type ?? body.topic;
  // What the leader's socket heard or is to send, passed on word by word.
  if ((kind === 'text' || kind === 'send') && typeof inner?.body === 'string') {
    const { label, category } = frameWords({ payload: inner.body, size_bytes: inner.body.length });
    return { label, category: category === 'ping' ? 'between' : 'sibling' };
  }
  const mutation = inner?.mutation?.mutationId ?? inner?.entry?.mutationId ?? inner?.mutationId;
  if (mutation !== undefined && mutation !== null) {
    const what = kind === 'mutation' || kind === 'made' ? 'pending' : kind ?? '';
    return between(kind ?? '', `${mutationLabel(`${mutation}`)} ${what}`.trim());
  }
  if (typeof kind !== 'string') return { label: short(payload.replace(/\s+/g, ' '), 24), category: 'sibling' };
  const name = nameOf(inner?.result ?? inner?.entry?.fields);
  return between(kind, name ? `${kind} ${name}` : kind);
};
