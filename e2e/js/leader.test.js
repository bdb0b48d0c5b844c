import { createGate, standBetween } from './between.js';
import { afterwards, equal, ok, test, until } from './harness.js';
import { connectClient, faults, fresh, log, openClient, openCollection, openLive, openTab, post, titles } from './world.js';

const openTabs = async (name, count) => {
  const tabs = [];
  for (let n = 0; n < count; n += 1) tabs.push(await openTab(name, name));
  return tabs;
};

const leading = (tabs) => tabs.map(({ client }) => client.status.leads);

/** The sockets that this page has opened from now on. */
const watchSockets = () => {
  const sockets = new Set();
  const Real = WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      sockets.add(this);
    }
  };
  return () => [...sockets].filter(({ readyState }) => readyState <= 1).length;
};

test('of the tabs of a profile one has a socket, and all hear every event once', async () => {
  const name = fresh();
  const open = watchSockets();
  const tabs = await openTabs(name, 3);
  equal([open(), leading(tabs)], [1, [true, false, false]]);
  const heard = tabs.map(() => []);
  tabs.forEach(({ client }, n) => client.subscribe(name, ({ offset }) => heard[n].push(offset)));
  for (const title of ['a', 'b', 'c']) await post(name, { title });
  await until(() => heard.every(({ length }) => length === 3));
  equal(heard, [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
  equal(tabs.map(({ collection }) => titles(collection)), Array(3).fill(['a', 'b', 'c']));
});

test('two profiles do not share a leader', async () => {
  const [one, two] = [await connectClient(), await connectClient()];
  equal([one.status.leads, two.status.leads, one.clientId === two.clientId], [true, true, false]);
});

test('another tab leads at once when the one that led closes, and misses nothing', async () => {
  const name = fresh();
  const [one, two, three] = await openTabs(name, 3);
  const began = performance.now();
  one.client.close();
  await post(name, { title: 'meanwhile' });
  await until(() => two.client.status.leads && two.collection.status().live && three.collection.status().live);
  ok(performance.now() - began < 1000, `a hand-over of ${performance.now() - began} ms`);
  await until(() => [two, three].every(({ collection }) => titles(collection).join() === 'meanwhile'));
});

test('a tab that disconnects leaves the socket to one that is connected', async () => {
  const name = fresh();
  const [one, two] = await openTabs(name, 2);
  one.client.disconnect();
  await until(() => two.client.status.leads && two.collection.status().live);
  equal(one.client.state, 'disconnected');
  await post(name, { title: 'bread' });
  await until(() => titles(two.collection).join() === 'bread');
  one.client.connect();
  await until(() => one.collection.status().live && titles(one.collection).join() === 'bread');
  equal(leading([one, two]), [false, true]);
});

test('one that leads and does not want to be connected makes room for one that does', async () => {
  const name = fresh();
  const idle = openClient({ tabChannel: name });
  await until(() => idle.status.leads);
  const two = await openTab(name, name);
  equal([idle.state, idle.status.leads, two.client.status.leads], ['disconnected', false, true]);
});

test('a lost socket is lost for all tabs, and all resume', async () => {
  const name = fresh();
  const [one, two] = await openTabs(name, 2);
  await faults(one.client, { offline: true });
  await until(() => one.client.state === 'reconnecting' && two.client.state === 'reconnecting');
  equal(two.collection.status().live, false);
  await post(name, { title: 'missed' });
  await faults(one.client, {});
  await until(() => [one, two].every(({ collection }) => collection.status().live && titles(collection).join() === 'missed'));
});

test('a channel is given up when no tab wants it any more', async () => {
  const name = fresh();
  const [one, two] = await openTabs(name, 2);
  const sent = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (frame) {
    const { unsubscribe } = JSON.parse(frame);
    if (unsubscribe) sent.push(unsubscribe);
    return send.call(this, frame);
  };
  const channel = fresh();
  const offs = [one, two].map(({ client }) => client.subscribe(channel, () => {}));
  await until(() => one.client.isLive(channel) && two.client.isLive(channel));
  offs[0]();
  one.collection.close();
  offs[1]();
  await until(() => sent.length === 1);
  equal(sent, [[channel]]);
  two.client.close();
  await until(() => sent.length === 2);
  equal(sent[1], [name]);
});

test('a tab that writes for another is told what became of it, and only one sends', async () => {
  const name = fresh();
  const [, two] = await openTabs(name, 2);
  const seen = standBetween((_, go) => go());
  const made = two.collection.create({ title: 'bread' });
  equal(await made.server, { id: made.id, version: 1, title: 'bread' });
  equal(seen.flatMap(({ mutationId }) => mutationId ?? []), [1]);
  equal(Number(seen.find(({ method }) => method === 'POST').headers.get('Fence')), 1);
});

test('whoever sends late under an older fence is told, and takes back nothing', async () => {
  const name = fresh();
  const [one, two] = await openTabs(name, 2);
  const gate = createGate();
  let held = 0;
  standBetween(async ({ method, headers }, go) => {
    if (method === 'POST' && headers.get('Fence') === '1') {
      held += 1;
      await gate.opened;
    }
    return go();
  });
  const { server } = one.collection.create({ title: 'bread' });
  await until(() => held === 1);
  // As if this tab were frozen: its lock is stolen.
  navigator.locks.request(`${name}:leader`, { steal: true }, () => {});
  await server;
  gate.open();
  equal((await log(name)).map(({ event }) => event), ['created']);
  await until(() => [one, two].every(({ collection }) => collection.status().live && collection.status().confirmed === 1));
});

test('without web locks one leads all the same, and another follows it when it is gone', async () => {
  Object.defineProperty(navigator, 'locks', { value: undefined });
  const name = fresh();
  const tabs = await openTabs(name, 3);
  await until(() => leading(tabs).filter(Boolean).length === 1);
  const first = leading(tabs).indexOf(true);
  const rest = tabs.filter((_, n) => n !== first);
  tabs[first].client.close();
  await until(() => leading(rest).filter(Boolean).length === 1 && rest.every(({ collection }) => collection.status().live));
  const made = rest.map(({ collection }, n) => collection.create({ title: `${n}` }).server);
  await Promise.all(made);
  equal((await log(name)).length, 2);
});

test('two that begin at once without web locks agree on one', async () => {
  Object.defineProperty(navigator, 'locks', { value: undefined });
  const name = fresh();
  const clients = [1, 2, 3, 4].map(() => openClient({ tabChannel: name }));
  for (const client of clients) client.connect();
  await until(() => clients.every(({ state }) => state === 'connected'));
  await until(() => clients.filter(({ status }) => status.leads).length === 1);
});

test('a collection that the leader has not opened is sent by it all the same', async () => {
  const name = fresh();
  const leader = await connectClient({ tabChannel: name });
  const { client, collection } = await openLive(name, { client: { tabChannel: name } });
  equal([leader.status.leads, client.status.leads], [true, false]);
  equal((await collection.create({ title: 'bread' }).server).version, 1);
  const other = openCollection(leader, fresh());
  afterwards(() => other.close());
  equal((await other.create({ title: 'milk' }).server).version, 1);
});
