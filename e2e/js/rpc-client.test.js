import { RpcClient, RpcError } from '/static/sdk/rpc.js';
import { createCalls } from '/static/sdk/calls.js';
import { parseFrame, responseFrame } from '/static/sdk/dialects/mq.js';
import { afterwards, equal, ok, rejects, test, throws, until } from './harness.js';

const topic = () => `topic-${crypto.randomUUID()}`;

const open = async (options = {}) => {
  const client = new RpcClient('/ws/mq', { reconnectDelay: 10, ...options });
  afterwards(() => client.close());
  const changes = [];
  client.onStateChange((state, reason) => changes.push([state, reason]));
  await client.connect();
  return { client, changes };
};

/** Have the server ask a client; by itself who says it. */
const ask = async (client, asked) => (await client.request('test.ask', asked)).answer;

test('a page asks the server', async () => {
  const { client } = await open();
  equal(await client.request('test.echo', { param: 'test-param' }), { result: 'echo-test-param' });
  ok(client.brokerClientId.startsWith('wsconn-'), 'an id of the server');
});

test('the server asks a page, which may take its time to answer', async () => {
  const { client } = await open();
  client.handle('client.echo', ({ param }) => ({ result: `echo-${param}` }));
  client.handle('client.later', async (body) => [await client.request('test.echo', body)]);
  client.handle('client.nothing', () => undefined);
  equal(await ask(client, { topic: 'client.echo', body: { param: 'test-param' } }), { result: 'echo-test-param' });
  equal(await ask(client, { topic: 'client.later', body: { param: 'p' } }), [{ result: 'echo-p' }]);
  equal(await ask(client, { topic: 'client.nothing' }), null);
});

test('an error of either side has its words', async () => {
  const { client } = await open();
  const stop = client.handle('client.fail', () => {
    throw new Error('bad');
  });
  throws(() => client.handle('client.fail', () => 1), 'a second handler');
  const error = async (asked) => {
    const found = await rejects(client.request(...asked));
    ok(found instanceof RpcError, 'an RpcError');
    return [found.reason, found.message];
  };
  equal(await error(['test.err']), ['refused', 'handler error: boom']);
  equal(await error(['test.nobody']), ['refused', 'no handler for topic: test.nobody']);
  equal(await error(['test.ask', { topic: 'client.fail' }]), ['refused', 'handler error: bad']);
  stop();
  equal(await error(['test.ask', { topic: 'client.fail' }]), [
    'refused', 'handler error: no handler for topic: client.fail',
  ]);
  equal(client.state, 'connected');
});

test('a request that takes too long fails by itself, the connection lives and the late answer is dropped', async () => {
  const { client, changes } = await open();
  const error = await rejects(client.request('test.slow', { delay_ms: 60 }, { timeout: 10 }));
  equal([error.reason, error.message], ['timed-out', 'request timed out']);
  equal(await client.request('test.slow', { delay_ms: 100 }), { result: 'slow' });
  equal(changes.at(-1)[0], 'connected');
});

test('a page that does not answer is given up by the server', async () => {
  const { client } = await open();
  client.handle('client.never', () => new Promise(() => {}));
  const error = await rejects(client.request('test.ask', { topic: 'client.never', timeout_ms: 20 }));
  equal(error.message, 'handler error: request timed out');
});

test('many at once, in both directions, are told apart', async () => {
  const { client } = await open();
  client.handle('client.same', (body) => body);
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  const answers = await Promise.all([
    ...numbers.map((param) => client.request('test.echo', { param })),
    ...numbers.map((body) => ask(client, { topic: 'client.same', body })),
  ]);
  equal(answers, [...numbers.map((n) => ({ result: `echo-${n}` })), ...numbers]);
});

test('a lost connection fails what waits, comes back registered as the same page, and subscribes again', async () => {
  const { client, changes } = await open();
  const first = client.brokerClientId;
  const name = topic();
  const heard = [];
  client.subscribe(name, (body) => heard.push(body));
  const waits = client.request('test.slow', { delay_ms: 5000 }, { timeout: 60_000 });
  client.publish('kill');
  const error = await rejects(waits);
  equal([error.reason, error.message], ['lost', 'connection lost: lost (1006)']);
  await until(() => client.brokerClientId, 'registered again');
  ok(client.brokerClientId !== first, 'another connection');
  equal(changes.map(([state]) => state), ['connecting', 'connected', 'reconnecting', 'connected']);
  client.publish(name, { n: 1 });
  await until(() => heard.length === 1, 'the event');
  equal(heard, [{ n: 1 }]);
});

test('who asks a client that goes away knows at once', async () => {
  const [asker, asked] = [(await open()).client, (await open()).client];
  let begun = () => {};
  const started = new Promise((resolve) => (begun = resolve));
  asked.handle('client.never', () => {
    begun();
    return new Promise(() => {});
  });
  const waits = asker.request('test.ask', {
    client_id: asked.brokerClientId, topic: 'client.never', timeout_ms: 60_000,
  });
  await started;
  asked.close();
  equal((await rejects(waits)).message, 'handler error: connection lost');
});

test('pages hear each other on a topic until they have heard enough', async () => {
  const [a, b] = [(await open()).client, (await open()).client];
  const name = topic();
  const heard = { a: [], b: [], again: [] };
  a.subscribe(name, (body) => heard.a.push(body));
  const stop = b.subscribe(name, (body) => heard.b.push(body));
  const stopAgain = b.subscribe(name, (body) => heard.again.push(body));
  await Promise.all([a, b].map((client) => client.request('test.echo')));
  a.publish(name, 1);
  await until(() => heard.a.length + heard.b.length + heard.again.length === 3, 'the first');
  stop();
  stop();
  a.publish(name, 2);
  await until(() => heard.again.length === 2, 'the second');
  stopAgain();
  await b.request('test.echo');
  a.publish(name, 3);
  await until(() => heard.a.length === 3, 'the third');
  await b.request('test.echo');
  equal(heard, { a: [1, 2, 3], b: [1], again: [1, 2] });
});

test('what is closed or was never open asks nothing, and says so', async () => {
  const { client } = await open();
  client.close();
  for (const each of [client, new RpcClient('/ws/mq')]) {
    const error = await rejects(each.request('test.echo'));
    equal([error.reason, error.message], ['not-connected', 'not connected']);
  }
  equal([client.state, client.brokerClientId], ['disconnected', null]);
  await client.connect();
  equal(await client.request('test.echo', { param: 1 }), { result: 'echo-1' });
});

test('a connect that is closed before it is through fails', async () => {
  const client = new RpcClient('/ws/mq');
  const connecting = client.connect();
  client.close();
  equal((await rejects(connecting)).message, 'not connected: disconnect');
});

test('two clients of a page are the same page with ids of their own', async () => {
  const [a, b] = [(await open()).client, (await open()).client];
  equal(a.pageSession, b.pageSession);
  ok(a.brokerClientId !== b.brokerClientId, 'two connections');
  equal((await open({ pageSession: 'ps-7' })).client.pageSession, 'ps-7');
});

test('a request that cannot be written is refused and forgotten', async () => {
  const { client } = await open();
  const round = {};
  round.round = round;
  ok((await rejects(client.request('test.echo', round))) instanceof TypeError, 'a TypeError');
  client.handle('client.round', () => round);
  const error = await rejects(client.request('test.ask', { topic: 'client.round' }));
  ok(error.message.includes('circular'), error.message);
});

test('a call ends once, whatever comes later', async () => {
  const calls = createCalls(() => {});
  let id = '';
  const call = calls.ask(60_000, (given) => (id = given));
  equal(calls.size, 1);
  calls.answered('another', 0);
  calls.answered(id, 1);
  calls.answered(id, 2);
  calls.refused(id, 'no');
  calls.lost('gone');
  equal([await call, calls.size], [1, 0]);
});

test('frames of mq are read whatever shape their error has, and others are refused with a reason', () => {
  const failed = (body) => parseFrame(JSON.stringify({ header: { type: 'error', correlationID: 'C1' }, body })).message;
  equal([{ error: { message: 'bad' } }, { error: 'bad' }, 'bad'].map(failed), ['bad', 'bad', 'bad']);
  equal(failed({ error: 7 }), '{"error":7}');
  equal(parseFrame('{"header":{"type":"weather"}}'), { kind: 'unknown', type: 'weather' });
  const { header, body } = JSON.parse(responseFrame('C1', undefined));
  equal([header.topic, header.correlationID, body], ['C1', 'C1', null]);
  for (const text of ['', '{', '[]', 'null', '3', '{}', '{"header":{}}', '{"header":null}']) {
    throws(() => parseFrame(text), text);
  }
});
