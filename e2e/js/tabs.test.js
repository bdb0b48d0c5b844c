import { openTabs } from '/static/sdk/tabs.js';
import { createGate, standBetween } from './between.js';
import { afterwards, equal, ok, rejects, test, until } from './harness.js';
import { faults, fresh, openClient, openCollection, log, openTab, read, titles } from './world.js';

/** Clients of one page are tabs to each other: each has a channel, a lock and a name of its own. */
const openOne = (name) => {
  const tabs = openTabs(crypto.randomUUID(), name);
  afterwards(() => tabs.close());
  return tabs;
};

/** Two tabs of one profile, both live; the first one leads. */
const openTwo = async (name, options = {}) => [await openTab(name, name, options), await openTab(name, name, options)];

/** A page of its own, in a frame. */
const openFrame = async () => {
  const frame = document.createElement('iframe');
  frame.src = '/health?framed'; // a page is not loaded into itself twice
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  document.body.append(frame);
  afterwards(() => frame.remove());
  await loaded;
  const inside = frame.contentWindow;
  await inside.eval(`import('/static/sdk/index.js').then((sdk) => { window.sdk = sdk; })`);
  return { frame, inside };
};

const pendingTitles = (collection) =>
  collection.view().filter(({ pending }) => pending).map(({ item, from }) => `${item.title} ${from}`);

test('a message reaches the other tabs with the name of its sender, and not its own', async () => {
  const name = fresh();
  const [one, two, three] = [openOne(name), openOne(name), openOne(name)];
  const heard = [];
  for (const tab of [one, two, three]) tab.on('news', (body, from) => heard.push([tab.id, body, from]));
  one.post('news', 'hello');
  two.post('other', 'nobody listens to this');
  await until(() => heard.length === 2);
  equal(heard.sort(), [[two.id, 'hello', one.id], [three.id, 'hello', one.id]].sort());
});

test('a tab that says bye is gone', async () => {
  const name = fresh();
  const [one, two] = [openOne(name), openOne(name)];
  const gone = [];
  two.onGone((id) => gone.push(id));
  one.close();
  await until(() => gone.length === 1);
  equal(gone, [one.id]);
});

test('a tab that dies without a word is gone when its lock is free, and not before', async () => {
  const name = fresh();
  const { frame, inside } = await openFrame();
  // What a crash does not do: say bye.
  inside.addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true);
  inside.eval(`new sdk.BroadcastClient('/ws/broadcast', { tabChannel: '${name}' }).emit('c', 'hello')`);
  const tab = openOne(name);
  const gone = [];
  tab.onGone((id) => gone.push(id));
  const heard = [];
  tab.on('emit', (_, from) => heard.push(from));
  inside.eval(`new sdk.BroadcastClient('/ws/broadcast', { tabChannel: '${name}' }).emit('c', 'again')`);
  await until(() => heard.length > 0);
  const waits = async () => (await navigator.locks.query()).pending.some(({ name: lock }) => lock.endsWith(heard[0]));
  await until(waits, { what: 'the tab waits for the lock' });
  equal(gone, []);
  frame.remove();
  await until(() => gone.includes(heard[0]));
});

test('without web locks bye is enough, and nobody is taken for dead', async () => {
  Object.defineProperty(navigator, 'locks', { value: undefined });
  const name = fresh();
  const [one, two] = [openOne(name), openOne(name)];
  const heard = [];
  const gone = [];
  two.on('news', (body) => heard.push(body));
  two.onGone((id) => gone.push(id));
  one.post('news', 'hello');
  await until(() => heard.length === 1);
  equal(gone, []);
  one.close();
  await until(() => gone.length === 1);
});

test('a stranger on the channel disturbs nobody', async () => {
  const name = fresh();
  const tab = openOne(name);
  const heard = [];
  tab.on('news', (body) => heard.push(body));
  const stranger = new BroadcastChannel(name);
  for (const message of [null, 3, 'text', {}, { from: 1, topic: 'news' }, { from: 'x' }]) stranger.postMessage(message);
  openOne(name).post('news', 'last');
  await until(() => heard.length === 1);
  stranger.close();
});

test('a change shows in the other tab before the server has heard of it', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  const gate = createGate();
  standBetween(async ({ method }, go) => {
    if (method !== 'GET') await gate.opened;
    return go();
  });
  const { server } = one.collection.create({ title: 'bread' });
  await until(() => titles(two.collection).includes('bread'));
  equal(pendingTitles(two.collection), ['bread tab']);
  equal(pendingTitles(one.collection), ['bread self']);
  equal(two.collection.pending().map(({ op, item }) => [op, item.title]), [['create', 'bread']], 'the outbox is the profile\'s');
  equal((await read(name)).items, []);
  gate.open();
  await server;
  await until(() => two.collection.status().confirmed === 1);
  equal([titles(two.collection), pendingTitles(two.collection)], [['bread'], []]);
});

test('edits and removals show in the other tab too', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  const ids = ['bread', 'milk'].map((title) => one.collection.create({ title, done: false }).id);
  await until(() => two.collection.status().confirmed === 2);
  const gate = createGate();
  standBetween(async ({ method }, go) => {
    if (method !== 'GET') await gate.opened;
    return go();
  });
  one.collection.update(ids[0], { title: 'rye' });
  one.collection.remove(ids[1]);
  await until(() => titles(two.collection).join() === 'rye');
  equal(two.collection.items()[0], { id: ids[0], version: 1, title: 'rye', done: false });
  gate.open();
  await until(() => two.collection.items()[0].version === 2 && two.collection.status().confirmed === 1);
});

test('a change that the server refuses goes from the other tab too', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  const gate = createGate();
  standBetween(async ({ method }, go) => {
    if (method !== 'GET') await gate.opened;
    return go();
  });
  await faults(one.client, { refuse_next: true });
  const { server } = one.collection.create({ title: 'bread' });
  await until(() => titles(two.collection).includes('bread'));
  gate.open();
  await rejects(server);
  await until(() => titles(two.collection).length === 0);
  equal([one, two].map(({ collection }) => collection.refused().map(({ error }) => error.name)), [['refused'], ['refused']]);
  two.collection.dismiss(two.collection.refused()[0].mutationId);
  await until(() => one.collection.refused().length === 0);
});

test('a tab that opens later sees what is under way', async () => {
  const name = fresh();
  const one = await openTab(name, name);
  await faults(one.client, { offline: true });
  one.collection.create({ title: 'bread' });
  await until(() => one.collection.pending()[0].mutationId === 1);
  const two = openCollection(openClient({ tabChannel: name }), name);
  await until(() => titles(two).includes('bread'));
  equal(pendingTitles(two), ['bread tab']);
});

test('what a tab had not sent when it closed is sent by the others', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  await faults(one.client, { offline: true });
  one.collection.create({ title: 'bread' });
  await until(() => titles(two.collection).includes('bread'));
  one.client.close();
  const { mutationId } = two.collection.pending()[0];
  const server = two.collection.server(mutationId);
  await faults(two.client, {});
  equal((await server).title, 'bread');
  equal([(await log(name)).length, two.collection.server(mutationId)], [1, null]);
});

test('what a tab had committed when it closed is not committed again', async () => {
  const name = fresh();
  // Never connected: no event can stand in for the answer.
  const [one, two] = [1, 2].map(() => {
    const client = openClient({ tabChannel: name });
    return { client, collection: openCollection(client, name) };
  });
  await until(() => one.client.status.leads && two.collection.status().loaded);
  const gate = createGate();
  let posts = 0;
  standBetween(async ({ method }, go) => {
    const answer = await go();
    if (method === 'POST' && (posts += 1) === 1) await gate.opened; // committed, but the tab does not learn it
    return answer;
  });
  one.collection.create({ title: 'bread' });
  await until(async () => (await read(name)).items.length === 1);
  one.client.close();
  await until(() => two.collection.status().confirmed === 1 && two.collection.pending().length === 0);
  equal([titles(two.collection), (await log(name)).length], [['bread'], 1]);
});

test('an edit of an item that another tab has not sent yet waits for it', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  await faults(one.client, { delay_ms: 300 });
  const { id } = one.collection.create({ title: 'bread', done: false });
  await until(() => titles(two.collection).includes('bread'));
  const edited = await two.collection.update(id, { done: true }).server;
  equal(edited, { id, version: 2, title: 'bread', done: true });
});

test('a tab without a connection learns from its sibling that a write was committed', async () => {
  const name = fresh();
  const one = await openTab(name, name);
  const two = openCollection(openClient({ tabChannel: name }), name);
  await until(() => two.status().loaded);
  await one.collection.create({ title: 'bread' }).server;
  // Its reading may find the item before the sibling's word of the answer comes.
  await until(() => two.status().confirmed === 1 && pendingTitles(two).length === 0);
});

test('news of a change that comes later than the change itself lays nothing over it', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  const { id, server } = one.collection.create({ title: 'bread' });
  await server;
  await until(() => two.collection.status().confirmed === 1 && pendingTitles(two.collection).length === 0);
  const late = new BroadcastChannel(name);
  afterwards(() => late.close());
  const url = new URL(`/api/${name}`, location.href).href;
  const { clientId } = one.client;
  const entry = { url, clientId, mutationId: 1, seq: 1, was: [], op: 'create', id, fields: { title: 'bread' }, tab: 'x' };
  late.postMessage({ from: one.client.parts.tabs.id, topic: 'outbox', body: { kind: 'made', entry } });
  late.postMessage({ from: 'late', topic: 'emit', body: { channel: name, payload: 'after it' } });
  const heard = [];
  two.collection.onChange(({ reason }) => heard.push(reason));
  await until(() => heard.includes('emit'));
  equal(pendingTitles(two.collection), []);
});

test('an emit on its channel makes a collection read anew', async () => {
  const name = fresh();
  const [one, two] = await openTwo(name);
  const seen = standBetween((_, go) => go());
  one.client.emit(name, { entity_id: '123' });
  await until(() => seen.some(({ headers }) => headers.get('Client-Id') === two.client.clientId));
  ok(seen.every(({ method }) => method === 'GET'));
});

test('collections of the same name on other servers do not mix', async () => {
  const name = fresh();
  const here = await openTab(name, name);
  const there = openCollection(openClient({ tabChannel: name }), name, { baseUrl: '/elsewhere' });
  await faults(here.client, { offline: true });
  here.collection.create({ title: 'bread' });
  here.client.emit('done', 'done');
  const heard = [];
  const last = openClient({ tabChannel: name });
  last.subscribe('last', () => heard.push(1));
  here.client.emit('last', null);
  await until(() => heard.length === 1);
  equal(titles(there), []);
});
