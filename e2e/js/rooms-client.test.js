import { RoomsClient } from '/static/sdk/rooms-client.js';
import { StateClient } from '/static/sdk/state-client.js';
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
  await until(() => heard.some(({ type }) => type === 'auth_refreshed'), 'a new token');
  ok(asked.length === 2, 'asked twice');
  equal(client.connectionState, 'connected');
});
