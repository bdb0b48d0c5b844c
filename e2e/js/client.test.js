import { BroadcastClient } from '/static/sdk/index.js';
import { equal, ok, test, throws, until } from './harness.js';
import { watchTimers } from './timers.js';
import { broadcast, connectClient, cut, faults, fresh, openClient } from './world.js';

/** What a channel tells, in order; the subscription is live. */
const listen = async (client, channel, hooks = {}) => {
  const heard = [];
  const unsubscribe = client.subscribe(channel, (event) => heard.push(event), hooks);
  await until(() => client.isLive(channel));
  return { heard, unsubscribe, words: () => heard.map(({ payload }) => payload) };
};

const changesOf = (client) => {
  const changes = [];
  client.onStateChange((state, reason) => changes.push([state, reason]));
  return changes;
};

/** Two tabs of one profile. */
const openTwo = () => {
  const tabChannel = fresh('profile');
  return [openClient({ tabChannel }), openClient({ tabChannel })];
};

/** The server has noticed: so many of its connections hear this channel. */
const subscribers = async (channel) => (await broadcast(channel, 'count', null)).subscriber_count;

test('a client goes from disconnected over connecting to connected, each with a reason', async () => {
  const client = openClient();
  const changes = changesOf(client);
  equal([client.state, client.reason], ['disconnected', 'new']);
  client.connect();
  equal(client.state, 'connecting');
  await until(() => client.state === 'connected');
  client.disconnect();
  equal(changes, [['connecting', 'connect'], ['connected', 'opened'], ['disconnected', 'disconnect']]);
  equal([client.state, client.reason], ['disconnected', 'disconnect']);
});

test('a listener of states can be removed', async () => {
  const client = openClient();
  const heard = [];
  const remove = client.onStateChange((state) => heard.push(state));
  client.connect();
  remove();
  await until(() => client.state === 'connected');
  equal(heard, ['connecting']);
});

test('an address that is no WebSocket address is refused at once', () => {
  throws(() => new BroadcastClient('ftp://localhost/ws'));
});

test('channels subscribed before connecting are asked for in one frame', async () => {
  const sent = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (frame) {
    sent.push(JSON.parse(frame));
    return send.call(this, frame);
  };
  const client = openClient();
  const [one, two] = [fresh(), fresh()];
  client.subscribe(one, () => {});
  client.subscribe(two, () => {});
  client.connect();
  await until(() => client.isLive(one) && client.isLive(two));
  equal(sent, [{ subscribe: [one, two], positions: { [one]: null, [two]: null } }]);
});

test('an event reaches every handler of its channel, with its place in the log', async () => {
  const client = await connectClient();
  const channel = fresh();
  const first = await listen(client, channel);
  const second = await listen(client, channel);
  await broadcast(channel, 'created', { entity_id: '123' });
  const [event] = await until(() => second.heard.length === 1 && second.heard);
  equal(event, { channel, event: 'created', payload: { entity_id: '123' }, ...client.position(channel) });
  equal(first.heard, second.heard);
});

test('the last handler to leave a channel unsubscribes, not an earlier one', async () => {
  const client = await connectClient();
  const channel = fresh();
  const first = await listen(client, channel);
  const second = await listen(client, channel);
  first.unsubscribe();
  first.unsubscribe();
  equal(await subscribers(channel), 1);
  await until(() => second.heard.length === 1);
  second.unsubscribe();
  await until(async () => (await subscribers(channel)) === 0);
  equal([first.heard.length, second.heard.length], [0, 1]);
});

test('a handler that throws costs nobody an event', async () => {
  const reported = [];
  addEventListener('error', (event) => {
    event.preventDefault();
    reported.push(event.error.message);
  });
  const client = await connectClient();
  const channel = fresh();
  client.subscribe(channel, () => {
    throw new Error('mine');
  });
  const { words } = await listen(client, channel);
  await broadcast(channel, 'said', 'one');
  await broadcast(channel, 'said', 'two');
  await until(() => words().length === 2);
  equal([words(), reported, client.state], [['one', 'two'], ['mine', 'mine'], 'connected']);
});

test('a handler that another one unsubscribes hears no more, not even the present event', async () => {
  const client = await connectClient();
  const channel = fresh();
  client.subscribe(channel, () => second.unsubscribe());
  const second = await listen(client, channel);
  const third = await listen(client, channel);
  await broadcast(channel, 'said', 'one');
  await until(() => third.heard.length === 1);
  equal(second.heard, []);
});

test('an error frame is told and ends nothing', async () => {
  const client = await connectClient();
  const errors = [];
  client.onError((error) => errors.push(error));
  client.subscribe('x'.repeat(1000), () => {});
  const [error] = await until(() => errors.length > 0 && errors);
  ok(error instanceof Error && error.message.length > 0);
  equal(error.code, 40003);
  equal(client.state, 'connected');
});

test('a lost connection is resumed: what was missed arrives, once, in order', async () => {
  const client = await connectClient();
  const changes = changesOf(client);
  const channel = fresh();
  const resyncs = [];
  const { heard, words } = await listen(client, channel, { onResync: (...args) => resyncs.push(args) });
  await broadcast(channel, 'said', 'before');
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  for (const word of ['one', 'two', 'three']) await broadcast(channel, 'said', word);
  await faults(client, {});
  await until(() => client.state === 'connected');
  await broadcast(channel, 'said', 'after');
  await until(() => words().includes('after'));
  equal(words(), ['before', 'one', 'two', 'three', 'after']);
  const [first] = heard;
  equal(heard.map(({ offset }) => offset), [0, 1, 2, 3, 4].map((step) => first.offset + step));
  equal(resyncs, []);
  equal(changes, [['reconnecting', 'lost (1006)'], ['connected', 'opened']]);
});

test('defect 1: after disconnect it stays disconnected, whatever its old socket says', async () => {
  const client = await connectClient();
  const channel = fresh();
  await listen(client, channel);
  const changes = changesOf(client);
  client.disconnect();
  await until(async () => (await subscribers(channel)) === 0, { what: 'the server has seen the close' });
  dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  equal(changes, [['disconnected', 'disconnect']]);
});

test('defect 2: disconnect and connect leave one socket, and every event comes once', async () => {
  const client = await connectClient();
  const channel = fresh();
  const { words } = await listen(client, channel);
  for (let times = 0; times < 5; times += 1) {
    client.disconnect();
    client.connect();
  }
  await until(() => client.isLive(channel));
  await until(async () => (await subscribers(channel)) === 1, { what: 'one subscribed socket' });
  await broadcast(channel, 'said', 'once');
  await broadcast(channel, 'said', 'last');
  await until(() => words().includes('last'));
  equal(words().filter((word) => word !== null), ['once', 'last']);
  equal(client.state, 'connected');
});

test('defect 3: emit reaches the other tabs after a disconnect too', async () => {
  const [mine, theirs] = openTwo();
  const channel = fresh();
  const heard = [];
  theirs.subscribe(channel, (event) => heard.push(event));
  mine.connect();
  mine.disconnect();
  mine.emit(channel, 'hello');
  await until(() => heard.length === 1);
});

test('defect 4: what cannot be recovered is said to be lost', async () => {
  const client = await connectClient();
  const channel = fresh();
  const resyncs = [];
  const { words } = await listen(client, channel, { onResync: (...args) => resyncs.push(args) });
  await broadcast(channel, 'said', 'before');
  await until(() => words().length === 1);
  const { epoch, offset } = client.position(channel);
  // As if the server's log were another one by now.
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (frame) {
    return send.call(this, frame.replace(epoch, 'another'));
  };
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  await broadcast(channel, 'said', 'missed');
  await faults(client, {});
  await until(() => resyncs.length > 0);
  equal(resyncs, [[channel, { epoch, offset: offset + 1 }, 'not-recovered']]);
  await broadcast(channel, 'said', 'after');
  await until(() => words().includes('after'));
  equal(words(), ['before', 'after']);
});

test('a close code that says so is final, and one that does not is not', async () => {
  const real = WebSocket;
  let code = 1013;
  globalThis.WebSocket = class extends EventTarget {
    constructor() {
      super();
      setTimeout(() => this.dispatchEvent(new CloseEvent('close', { code })), 0);
    }
    close() {}
  };
  const client = openClient({ reconnectDelay: 1 });
  const changes = changesOf(client);
  client.connect();
  await until(() => client.status.attempt > 2);
  code = 1008;
  await until(() => client.state === 'disconnected');
  equal(changes, [['connecting', 'connect'], ['reconnecting', 'failed'], ['disconnected', 'refused (1008)']]);
  dispatchEvent(new Event('online'));
  equal(client.state, 'disconnected');
  globalThis.WebSocket = real;
  client.connect();
  await until(() => client.state === 'connected');
});

test('defect 5: attempts keep a distance that grows up to a ceiling', async () => {
  const client = await connectClient({ reconnectDelay: 4000, reconnectDelayMax: 6000 });
  const armed = watchTimers();
  await faults(client, { offline: true });
  const waits = [];
  for (let times = 0; times < 4; times += 1) {
    await until(() => client.status.retryAt);
    waits.push(Math.min(...armed()));
    client.connect(); // does not wait for it
  }
  const [first, ...later] = waits;
  ok(first >= 2000 && first <= 4000, `the first wait of ${first} ms`);
  for (const ms of later) ok(ms >= 3000 && ms <= 6000, `a later wait of ${ms} ms`);
});

test('defect 6: connect while waiting tries now and leaves no timer armed', async () => {
  const client = await connectClient({ reconnectDelay: 60_000, reconnectDelayMax: 60_000, quietTimeout: 1e6 });
  const armed = watchTimers();
  await cut(client);
  await until(() => client.status.retryAt);
  equal(armed().length, 1);
  client.connect();
  equal(client.state, 'reconnecting');
  await until(() => client.state === 'connected');
  equal(armed(), []);
});

test('it wakes at once when the browser is online again', async () => {
  const client = await connectClient({ reconnectDelay: 60_000, reconnectDelayMax: 60_000 });
  await cut(client);
  await until(() => client.status.retryAt);
  dispatchEvent(new Event('online'));
  await until(() => client.state === 'connected');
});

test('it wakes at once when the page is shown', async () => {
  const client = await connectClient({ reconnectDelay: 60_000, reconnectDelayMax: 60_000 });
  await cut(client);
  await until(() => client.status.retryAt);
  document.dispatchEvent(new Event('visibilitychange'));
  await until(() => client.state === 'connected');
});

test('it gives up after the given number of attempts, and starts again when the browser wakes', async () => {
  const client = await connectClient({ maxReconnectAttempts: 2, reconnectDelay: 1 });
  const changes = changesOf(client);
  await faults(client, { offline: true });
  await until(() => client.state === 'disconnected');
  equal(changes, [['reconnecting', 'lost (1006)'], ['disconnected', 'gave-up']]);
  await faults(client, {});
  dispatchEvent(new Event('online'));
  await until(() => client.state === 'connected');
  equal(changes.slice(2), [['connecting', 'online'], ['connected', 'opened']]);
});

test('attempts are counted anew after a connection that worked', async () => {
  const client = await connectClient({ maxReconnectAttempts: 1, reconnectDelay: 1 });
  const channel = fresh();
  await listen(client, channel);
  const changes = changesOf(client);
  for (let times = 1; times <= 3; times += 1) {
    await cut(client);
    await until(() => changes.length === 2 * times && client.isLive(channel));
  }
  equal(changes.map(([state]) => state).join(), Array(3).fill('reconnecting,connected').join());
});

test('one that gave up can be disconnected for good', async () => {
  const client = openClient({ maxReconnectAttempts: 0 });
  await faults(client, { offline: true });
  client.connect();
  await until(() => client.reason === 'gave-up');
  client.disconnect();
  dispatchEvent(new Event('online'));
  equal(client.state, 'disconnected');
});

test('a listener that disconnects in the middle leaves it disconnected', async () => {
  const client = openClient();
  const states = [];
  client.onStateChange((state) => state === 'connected' && client.disconnect());
  client.onStateChange((state) => states.push(state));
  client.connect();
  await until(() => states.length === 3);
  equal(states, ['connecting', 'connected', 'disconnected']);
});

test('emit reaches the other tabs and neither this one nor the server', async () => {
  const [mine, theirs] = openTwo();
  for (const tab of [mine, theirs]) tab.connect();
  const channel = fresh();
  const here = await listen(mine, channel);
  const there = await listen(theirs, channel);
  mine.emit(channel, { entity_id: '123' });
  await until(() => there.heard.length === 1);
  await broadcast(channel, 'said', 'last');
  await until(() => here.heard.length === 1 && there.heard.length === 2);
  equal(there.heard[0], { channel, event: 'emit', payload: { entity_id: '123' } });
  equal([here.words(), there.words()], [['last'], [{ entity_id: '123' }, 'last']]);
});

test('an unsubscribed handler hears nothing, of the server or of a tab', async () => {
  const [mine, theirs] = openTwo();
  theirs.connect();
  const channel = fresh();
  const gone = await listen(theirs, channel);
  const there = await listen(theirs, channel);
  gone.unsubscribe();
  mine.emit(channel, 'one');
  await broadcast(channel, 'said', 'two');
  await until(() => there.heard.length === 2);
  equal(gone.heard, []);
});

test('a closed client has left the other tabs too', async () => {
  const [mine, theirs] = openTwo();
  const heard = [];
  const channel = fresh();
  theirs.subscribe(channel, ({ payload }) => heard.push(payload));
  mine.emit(channel, 'one');
  await until(() => heard.length === 1);
  const gone = new Promise((resolve) => theirs.parts.tabs.onGone(resolve));
  mine.close();
  equal(await gone, mine.parts.tabs.id);
  mine.emit(channel, 'two');
  equal(heard, ['one']);
});
