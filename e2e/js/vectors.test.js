/**
 * The shared vectors, played by a browser against the server that runs: tests/vectors/README.md has the steps.
 * Python plays the same ones, and besides those with `settings`, which want a server of their own.
 */

import { afterwards, equal, ok, test } from './harness.js';

const NAMES = ['room', 'channel', 'user', 'subscribe', 'unsubscribe'];
/** The gateway's channels have names of their own, and nobody hears what was said there before. */
const GATEWAY_NAMES = ['session_token'];
const POST_OFFICE = '/post-office/websocket';
const WAIT_MS = 5000;
/** Has the server ask a client of an `mq` conversation, where Python calls it from within. */
const ASKER = 'asker';

const mqRequest = (topic, body) =>
  JSON.stringify({ header: { messageID: 'm', correlationID: 'settled', type: 'request', topic, timestamp: 1 }, body });

/** @param {string} path @param {unknown} body */
const post = async (path, body) => {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  equal(answer.status, 200);
  return answer.json();
};

/** Rooms, channels and users get names of their own: the server is not a fresh one. */
const renamed = (steps, own) => {
  const names = new Set(['alice']);
  JSON.stringify(steps, (key, value) => {
    for (const name of own.includes(key) ? [value].flat() : []) if (name && typeof name === 'string') names.add(name);
    return value;
  });
  const run = crypto.randomUUID().slice(0, 8);
  const rename = (value) => {
    if (typeof value === 'string') return names.has(value) ? `${value}-${run}` : value;
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [names.has(key) ? rename(key) : key, rename(part)]));
  };
  return { steps: rename(steps.map((step) => ({ ...step, type: undefined }))), alice: `alice-${run}` };
};

const createBindings = () => {
  const known = new Map();
  /** @param {any} template @param {any} value */
  const match = (template, value) => {
    if (typeof template === 'string' && template.startsWith('$')) {
      if (!known.has(template)) known.set(template, value);
      equal(value, known.get(template));
    } else if (typeof template === 'object' && template !== null) {
      equal(Object.keys(value).sort(), Object.keys(template).sort());
      for (const key of Object.keys(template)) match(template[key], value[key]);
    } else equal(value, template);
  };
  /** @param {any} template as JSON, with every name that is known by now replaced */
  const filled = (template) => JSON.stringify(template, (_, value) => (known.has(value) ? known.get(value) : value));
  return { match, filled };
};

/** @param {string} address */
const openClient = async (address) => {
  const socket = new WebSocket(address);
  afterwards(() => socket.close());
  const frames = [];
  let heard = () => {};
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(data));
    heard();
  });
  const closed = new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  return {
    closed,
    send: (text) => socket.send(text),
    async next() {
      const late = setTimeout(() => heard(), WAIT_MS);
      if (frames.length === 0) await new Promise((resolve) => (heard = resolve));
      clearTimeout(late);
      ok(frames.length > 0, 'a frame came');
      return frames.shift();
    },
    async end() {
      socket.close();
      await closed;
    },
  };
};

const play = async (dialect, vector) => {
  const { steps, alice } = renamed(vector.steps, dialect === 'gateway' ? GATEWAY_NAMES : NAMES);
  const { match, filled } = createBindings();
  const clients = new Map();
  const client = async ({ client: name = 'a', user = alice, expires_in_s = 3600, session_token }) => {
    if (!clients.has(name)) {
      let query = session_token === undefined ? '' : `?session_token=${session_token}`;
      if (dialect === 'state') query = `?token=${(await post('/test/tokens', { user, expires_in_s })).token}`;
      clients.set(name, await openClient(`/ws/${dialect}${query}`));
    }
    return clients.get(name);
  };
  const take = {
    send: async (step) => (await client(step)).send(filled(step.send)),
    text: async (step) => (await client(step)).send(step.text),
    receive: async (step) => match(step.receive, await (await client(step)).next()),
    async ask({ ask: { of, ...asked } }) {
      const body = JSON.parse(filled({ client_id: of, ...asked }));
      await client({ client: ASKER });
      clients.get(ASKER).send(mqRequest('test.ask', body));
    },
    answer: async ({ answer }) => equal((await clients.get(ASKER).next()).body, { answer }),
    fails: async ({ fails }) => equal((await clients.get(ASKER).next()).body, { error: `handler error: ${fails}` }),
    async silent(step) {
      if (dialect === 'mq') {
        (await client(step)).send(mqRequest('test.echo', {}));
        equal((await (await client(step)).next()).header.topic, 'settled');
        return;
      }
      (await client(step)).send('{"type":"ping"}');
      equal((await (await client(step)).next()).type, 'pong');
    },
    closed: async (step) => equal(await (await client(step)).closed, step.closed),
    async ends(step) {
      await (await client(step)).end();
      clients.delete(step.client ?? 'a');
    },
    agent: (step) => post(`${POST_OFFICE}/publish`, step.agent),
    direct: (step) => post(`${POST_OFFICE}/send`, JSON.parse(filled(step.direct))),
    broadcast: (step) => post('/test/broadcast', step.broadcast),
    notify: ({ notify: { user, ...told } }) => post(`/test/users/${user}/messages`, told),
    notify_room: ({ notify_room: { room, ...told } }) => post(`/test/rooms/${room}/messages`, told),
    notify_all: (step) => post('/test/messages', step.notify_all),
    subscribers: () => {}, // no client can see it
  };
  for (const step of steps) {
    const does = Object.keys(step).find((key) => Object.hasOwn(take, key));
    ok(does !== undefined, `a known step: ${JSON.stringify(step)}`);
    await take[does](step);
  }
  for (const each of clients.values()) await each.end();
};

const conversations = async (dialect) => {
  const vectors = await (await fetch(`/e2e/js/${dialect}/conversations.json`)).json();
  const played = vectors.filter(({ settings }) => settings === undefined);
  ok(played.length >= 7, `${dialect} has conversations`);
  for (const vector of played) {
    try {
      await play(dialect, vector);
    } catch (error) {
      throw new Error(`${vector.name}: ${error.message ?? error}`);
    }
  }
};

test('the conversations of broadcast hold in a browser', () => conversations('broadcast'));

test('the conversations of rooms hold in a browser', () => conversations('rooms'));

test('the conversations of mq hold in a browser', () => conversations('mq'));

test('the conversations of state hold in a browser', () => conversations('state'));

test('the conversations of the gateway hold in a browser', () => conversations('gateway'));
