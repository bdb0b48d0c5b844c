/**
 * What the tests of the SDK do to the real server, and how they open clients: a new collection for each
 * test, and everything closed after it.
 */

import { BroadcastClient, createCollection } from '/static/sdk/index.js';
import { afterwards, until } from './harness.js';

/** A name that no other test uses: the server may be one that has been running for weeks. */
export const fresh = (stem = 'c') => `${stem}-${crypto.randomUUID().slice(0, 8)}`;

/**
 * A client of a profile of its own; those that are given the same `tabChannel` are tabs of one profile.
 * @param {any} [options]
 */
export const openClient = (options = {}) => {
  const { tabChannel = fresh('profile') } = options;
  const client = new BroadcastClient('/ws/broadcast', { reconnectDelay: 20, retryDelay: 20, ...options, tabChannel });
  afterwards(() => client.close());
  return client;
};

/** @param {any} [options] */
export const connectClient = async (options = {}) => {
  const client = openClient(options);
  client.connect();
  await until(() => client.state === 'connected');
  return client;
};

export const openCollection = (client, name, options = {}) => {
  const collection = createCollection({ name, client, ...options });
  afterwards(() => collection.close());
  return collection;
};

/** A client with a collection that is live: every change from now on will be heard. */
export const openLive = async (name, { client: clientOptions = {}, ...options } = {}) => {
  const client = await connectClient(clientOptions);
  const collection = openCollection(client, name, options);
  await until(() => collection.status().live, { what: 'a live collection' });
  return { client, collection };
};

/** The next tab of a profile: the one that was opened first leads. */
export const openTab = (name, tabChannel, options = {}) => openLive(name, { client: { tabChannel }, ...options });

const ask = async (method, path, body, headers = {}) => {
  const answer = await fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

export const broadcast = (channel, event, payload) => ask('POST', '/test/broadcast', { channel, event, payload });
export const faults = async (client, asked) => {
  await client.ready;
  afterwards(() => ask('PUT', `/test/clients/${client.clientId}/faults`, {}));
  return ask('PUT', `/test/clients/${client.clientId}/faults`, asked);
};
export const cut = async (client) => ask('POST', `/test/clients/${client.clientId}/cut`);
export const read = (name) => ask('GET', `/api/${name}`);
export const log = async (name) => {
  const { epoch } = await read(name);
  return (await ask('GET', `/api/${name}/log?epoch=${encodeURIComponent(epoch)}&from=0`)).events;
};
export const post = (name, item) => ask('POST', `/api/${name}`, item);
export const patch = (name, id, fields) => ask('PATCH', `/api/${name}/${id}`, fields);
export const remove = (name, id) => ask('DELETE', `/api/${name}/${id}`);
export const titles = (collection) => collection.items().map(({ title }) => title);
