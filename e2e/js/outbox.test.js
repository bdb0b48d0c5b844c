import { standBetween } from './between.js';
import { equal, ok, rejects, test, until } from './harness.js';
import { faults, fresh, log, openClient, openCollection, openLive, openTab, patch, post, read, titles } from './world.js';

/** A tab of the profile `name` that goes away without having sent anything. */
const leaveBehind = async (name, write) => {
  const { client, collection } = await openTab(name, name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  write(collection);
  await until(() => collection.pending().every(({ mutationId }) => mutationId !== null));
  client.close();
  return client.clientId;
};

/** What the next document of the tab has, before it is connected. */
const reopen = async (name) => {
  const client = openClient({ tabChannel: name });
  const collection = openCollection(client, name);
  await until(() => collection.pending().length > 0);
  return { client, collection };
};

test('what was not sent is shown and pending after a reload, its promise can be had again, and it is sent', async () => {
  const name = fresh();
  const clientId = await leaveBehind(name, (collection) => {
    const { id } = collection.create({ title: 'bread', done: false });
    collection.update(id, { done: true });
    collection.create({ title: 'milk' });
  });
  const { client, collection } = await reopen(name);
  equal([client.clientId, titles(collection)], [clientId, ['bread', 'milk']]);
  equal(collection.pending().map(({ mutationId, op }) => [mutationId, op]), [[1, 'create'], [2, 'update'], [3, 'create']]);
  const [, edit, last] = [1, 2, 3].map((id) => collection.server(id));
  await faults(client, {});
  equal(await edit, { id: collection.items()[0].id, version: 2, title: 'bread', done: true });
  await last;
  equal((await log(name)).map(({ event }) => event), ['created', 'updated', 'created']);
});

test('the first new mutation after a reload has a number of its own', async () => {
  const name = fresh();
  await leaveBehind(name, (collection) => collection.create({ title: 'bread' }));
  const { client, collection } = await reopen(name);
  const made = collection.create({ title: 'milk' });
  await made.local;
  equal(made.mutationId, 2);
  await faults(client, {});
  await made.server;
  equal((await log(name)).map(({ mutation_id: id }) => id), [1, 2]);
});

test('a refusal of what an earlier document wrote is rolled back once and shown', async () => {
  const name = fresh();
  await leaveBehind(name, (collection) => collection.update('nobody', { title: 'bread' }));
  const client = openClient({ tabChannel: name });
  const collection = openCollection(client, name);
  await faults(client, {});
  const [{ op, error }] = await until(() => collection.refused().length === 1 && collection.refused());
  equal([op, error.name, error.definite, collection.pending()], ['update', 'not_found', true, []]);
});

test('an outbox that is full takes nothing more, and says so', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name, { client: { outboxMax: 2 } });
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const made = ['one', 'two', 'three'].map((title) => collection.create({ title }));
  const error = await rejects(made[2].server);
  equal([error.name, error.definite, await rejects(made[2].local) === error], ['outbox_full', true, false]);
  equal([titles(collection), collection.refused().map(({ item }) => item.title)], [['one', 'two'], ['three']]);
  await faults(client, {});
  await Promise.all(made.slice(0, 2).map(({ server }) => server));
  equal((await collection.create({ title: 'four' }).server).version, 1);
});

test('a full disk is told to whoever writes', async () => {
  const { collection } = await openLive(fresh());
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function () {
    IDBObjectStore.prototype.put = put;
    throw new DOMException('no room', 'QuotaExceededError');
  };
  const error = await rejects(collection.create({ title: 'bread' }).server);
  equal([error.name, error.definite, titles(collection)], ['quota', true, []]);
  equal((await collection.create({ title: 'milk' }).server).version, 1);
});

test('where there is no IndexedDB the outbox is in memory, said in the status, and each tab leads itself', async () => {
  Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
  const name = fresh();
  const [one, two] = [await openTab(name, name), await openTab(name, name)];
  equal([one, two].map(({ client }) => [client.status.storage, client.status.leads]), [['memory', true], ['memory', true]]);
  ok(one.client.clientId !== two.client.clientId);
  await faults(one.client, { offline: true });
  one.collection.create({ title: 'bread' });
  await until(() => titles(two.collection).includes('bread'));
  equal(two.collection.view()[0].from, 'tab');
  const { server } = two.collection.create({ title: 'milk' });
  await server;
  await until(() => one.collection.items().length === 2);
  one.client.close();
  await until(() => titles(two.collection).join() === 'milk');
  equal((await log(name)).length, 1);
});

test('storage that is wiped makes another client, and what waited in it is given up, not sent twice', async () => {
  const name = fresh();
  const { client, collection } = await openTab(name, name);
  const before = client.clientId;
  equal((await collection.create({ title: 'bread' }).server).version, 1);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const { server, local } = collection.create({ title: 'lost' });
  await local;
  const gone = indexedDB.deleteDatabase(name);
  await new Promise((resolve) => gone.addEventListener('success', resolve));
  const error = await rejects(server);
  equal([error.name, error.definite], ['wiped', false]);
  ok(client.clientId !== before, 'a new client id');
  const milk = collection.create({ title: 'milk' });
  equal([(await milk.server).version, milk.mutationId], [1, 1]);
  await until(() => collection.status().live && titles(collection).join() === 'bread,milk');
  equal((await log(name)).length, 2);
});

test('an edit of other fields is made again on the new version, in its place in the order', async () => {
  const name = fresh();
  const item = await post(name, { title: 'bread', done: false });
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  await patch(name, item.id, { title: 'theirs' });
  const edit = collection.update(item.id, { done: true });
  const last = collection.create({ title: 'milk' });
  await last.local;
  const again = collection.server(edit.mutationId);
  await faults(client, {});
  equal(await edit.server, { id: item.id, version: 3, title: 'theirs', done: true });
  equal((await again).version, 3);
  await last.server;
  equal((await log(name)).map(({ event, mutation_id: id }) => [event, id]), [
    ['created', null], ['updated', null], ['updated', 3], ['created', 4],
  ]);
  equal(collection.refused(), []);
});

test('an application may settle a conflict itself', async () => {
  const name = fresh();
  const item = await post(name, { title: 'bread' });
  const resolve = ({ fields, before, current }) => ({ title: `${before.title} ${current.title} ${fields.title}` });
  const { client, collection } = await openLive(name, { resolve });
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  await patch(name, item.id, { title: 'theirs' });
  const { server } = collection.update(item.id, { title: 'mine' });
  await faults(client, {});
  equal((await server).title, 'bread theirs mine');
});

test('a removal of what was changed meanwhile is surfaced', async () => {
  const name = fresh();
  const item = await post(name, { title: 'bread' });
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const theirs = await patch(name, item.id, { title: 'theirs' });
  const { server } = collection.remove(item.id);
  await faults(client, {});
  const error = await rejects(server);
  equal([error.name, error.current, (await read(name)).items], ['version_conflict', theirs, [theirs]]);
});

test('an edit in one tab of what another tab has just made goes on the version that it got', async () => {
  const name = fresh();
  const [one, two] = [await openTab(name, name), await openTab(name, name)];
  const seen = standBetween((_, go) => go());
  await faults(one.client, { delay_ms: 100 });
  const { id } = one.collection.create({ title: 'bread', done: false });
  await until(() => titles(two.collection).includes('bread'));
  equal(await two.collection.update(id, { done: true }).server, { id, version: 2, title: 'bread', done: true });
  equal(seen.find(({ method }) => method === 'PATCH').headers.get('If-Match'), '1');
});
