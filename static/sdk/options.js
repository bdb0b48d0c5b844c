/** The options of a client: what they are unless given, and the address that they come with. */

/**
 * @typedef {object} ClientOptions
 * @property {number} [maxReconnectAttempts] attempts in a row before it gives up; no limit unless given
 * @property {number} [reconnectDelay] the wait before the first attempt, doubling, in ms (1000)
 * @property {number} [reconnectDelayMax] the longest wait, in ms (30 000)
 * @property {number} [connectTimeout] how long a handshake may take, in ms (10 000)
 * @property {number} [quietTimeout] a silence after which the server is asked for a sign of life, in ms (5500)
 * @property {number} [pongTimeout] how long that sign may take, in ms (2000)
 * @property {number} [requestTimeout] how long a whole answer to a request may take, in ms (10 000)
 * @property {number} [retryDelay] the wait before a request is made again, doubling, in ms (1000)
 * @property {number} [retryDelayMax] the longest wait, in ms (30 000)
 * @property {number} [outboxMax] how many writes may wait; more are refused as `outbox_full` (1000)
 * @property {string} [tabChannel] what the tabs that belong together share: the name of their BroadcastChannel,
 *   storage and lock ('syncbed')
 */

const DEFAULTS = {
  maxReconnectAttempts: Infinity,
  reconnectDelay: 1000,
  reconnectDelayMax: 30_000,
  connectTimeout: 10_000,
  quietTimeout: 5500,
  pongTimeout: 2000,
  requestTimeout: 10_000,
  retryDelay: 1000,
  retryDelayMax: 30_000,
  outboxMax: 1000,
  tabChannel: 'syncbed',
};

/** @param {string} url @param {ClientOptions} options */
export const readOptions = (url, options) => {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`not a WebSocket address: ${url}`);
  address.hash = '';
  return { ...DEFAULTS, ...options, address };
};
