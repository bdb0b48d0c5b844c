import { RoomsClient } from '/static/sdk/rooms.js';
import { StateClient } from '/static/sdk/state.js';
import { afterwards, equal, ok, test, until } from './harness.js';

const room = () => `room-${crypto.randomUUID()}`;

const open = async (...rooms) => {
  const client = new RoomsClient('/ws/rooms', { reconnectDelay: 10 });
  afterwards(() => client.close());
  const heard = [];
  for (const type of ['connected', 'subscribed', 'message', 'error']) client.on(type, (frame) => heard.push(frame));
  await client.connect();
  for (const name of rooms) client.subscribe(name);
  await until(() => heard.filter(({ type }) => type === 'subscribed').length === rooms.length, 'subscribed');
  heard.splice(0);
  return { client, heard };
};

test('two rooms clients hear each other and not themselves', async () => {
  const name = room();
  const [a, b] = [await open(name), await open(name)];
  a.client.publish(name, { message: 'Hello!' });
  await until(() => b.heard.length === 1, 'the message');
  equal([b.heard[0].room, b.heard[0].data], [name, { message: 'Hello!' }]);
  b.client.unsubscribe(name);
  b.client.publish(name, 1);
  await until(() => b.heard.length === 2, 'the error');
  equal(b.heard[1].error, 'not subscribed to this room');
  equal(a.heard, []);
});

test('a rooms client that is closed stays closed', async () => {
  const { client } = await open();
  client.close();
  equal(client.state, 'disconnected');
});

const token = async (user, seconds) => {
  const body = JSON.stringify({ user, expires_in_s: seconds });
  return (await (await fetch('/test/tokens', { method: 'POST', body })).json()).token;
};

const openState = async (user, seconds = 3600) => {
  const asked = [];
  const client = new StateClient('/ws/state', {
    reconnectDelay: 10,
    getToken: () => {
      asked.push(seconds);
      return token(user, asked.length === 1 ? seconds : 3600);
    },
  });
  afterwards(() => client.close());
  const heard = [];
  for (const type of ['auth_refreshed', 'user_message', 'version_conflict']) client.on(type, (frame) => heard.push(frame));
  let told = 0;
  client.onState(() => (told += 1));
  await client.connect();
  await until(() => told === 1, 'the snapshot');
  return { client, heard, asked };
};

test('the connections of a user share one state', async () => {
  const user = room();
  const [a, b] = [await openState(user), await openState(user)];
  a.client.update('cart', [1]);
  a.client.merge({ theme: 'dark' });
  await until(() => b.client.version === 2 && a.client.version === 2, 'both');
  equal(b.client.state, { cart: [1], theme: 'dark' });
  equal(a.client.state, b.client.state);
});

test('after a conflict both show what won', async () => {
  const user = room();
  const [a, b] = [await openState(user), await openState(user)];
  a.client.update('cart', 'a');
  b.client.update('cart', 'b');
  await until(() => a.client.version === 1 && b.client.version === 1 && a.heard.length + b.heard.length === 1, 'one won');
  equal(a.client.state, b.client.state);
});

test('a token that runs out is refreshed and the connection is kept', async () => {
  const { client, heard, asked } = await openState(room(), 2);
  const changes = [];
  client.onStateChange((state) => changes.push(state));
  await until(() => heard.some(({ type }) => type === 'auth_refreshed'), 'a new token');
  ok(asked.length === 2, 'asked twice');
  equal(await client.update('cart', 1), 1);
  equal([client.connectionState, changes], ['connected', []]);
});

/** @param {Promise<any>} promise */
const failure = (promise) => promise.then(() => 'it was done', ({ name, definite }) => ({ name, definite }));

test('changes are sent one after the other, each on the version before it', async () => {
  const { client } = await openState(room());
  equal(await Promise.all([client.update('a', 1), client.update('b', 2), client.merge({ c: 3 })]), [1, 2, 3]);
  equal([client.state, client.pending], [{ a: 1, b: 2, c: 3 }, []]);
});

test('what was changed on a version that lost is dropped, all of it, and says so', async () => {
  const user = room();
  const [a, b] = [await openState(user), await openState(user)];
  const outcomes = [failure(a.client.update('x', 'a')), failure(a.client.update('y', 'a')), failure(b.client.update('x', 'b')), failure(b.client.update('y', 'b'))];
  const lost = { name: 'version_conflict', definite: true };
  const told = (await Promise.all(outcomes)).map((outcome) => (outcome === 'it was done' ? 1 : outcome));
  ok(told.some((each) => each === 1) && told.some((each) => each.name === lost.name && each.definite), 'one lost');
  // Whoever lost its first change has lost its second one too: it was made on the first.
  for (const [first, second] of [told.slice(0, 2), told.slice(2)]) if (first !== 1) equal([first, second], [lost, lost]);
  await until(() => a.client.version === b.client.version, 'the same state');
  equal(a.client.state, b.client.state);
});

test('a change that is refused does not shift the answers to the next ones', async () => {
  const { client } = await openState(room());
  const outcomes = [client.update('a', 'x'.repeat(9000)), client.tell('m1', 'hi'), client.update('b', 2)];
  equal(await failure(outcomes[0]), { name: 'MESSAGE_TOO_LARGE', definite: true });
  equal([(await outcomes[1]).message_id, await outcomes[2], client.state], ['m1', 1, { b: 2 }]);
});

test('what has no answer when the connection ends may have been done, what was not sent certainly was not', async () => {
  const { client } = await openState(room());
  const outcomes = [client.update('a', 1), client.update('b', 2)];
  client.close();
  equal(await failure(outcomes[0]), { name: 'lost', definite: false });
  equal(await failure(outcomes[1]), { name: 'disconnected', definite: true });
  equal(await failure(client.update('c', 3)), { name: 'disconnected', definite: true });
});
