import { createGate, networkError, standBetween } from './between.js';
import { equal, ok, rejects, test, throws, until } from './harness.js';
import { broadcast, connectClient, cut, faults, fresh, log, openClient, openCollection, openLive, patch, post, read, remove, titles } from './world.js';

/** What a collection showed after each change, shortly, without repeats. */
const watch = (collection) => {
  const views = [];
  const note = () => {
    const view = collection.view().map(({ item, pending }) => item.title + (pending ? '?' : '')).join();
    if (views.at(-1) !== view) views.push(view);
  };
  collection.onChange(note);
  note();
  return views;
};

const settled = (...collections) =>
  until(() => collections.every((one) => one.status().live && one.pending().length === 0), { what: 'all settled' });

test('a created item is shown at once and confirmed later', async () => {
  const { collection } = await openLive(fresh());
  const { local, server, id } = collection.create({ title: 'bread' });
  equal(collection.view(), [{ item: { id, version: null, title: 'bread' }, pending: true, from: 'self' }]);
  equal(await local, { id, version: null, title: 'bread' });
  equal(await server, { id, version: 1, title: 'bread' });
  equal(collection.pending(), []);
  await until(() => collection.status().confirmed === 1);
  equal(collection.view(), [{ item: { id, version: 1, title: 'bread' }, pending: false, from: null }]);
});

test('an edit is shown at once and gets the next version', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread', done: false });
  const { collection } = await openLive(name);
  const { server } = collection.update(id, { done: true });
  equal(collection.items(), [{ id, version: 1, title: 'bread', done: true }]);
  equal(await server, { id, version: 2, title: 'bread', done: true });
  equal(collection.items(), [{ id, version: 2, title: 'bread', done: true }]);
});

test('a removed item is gone at once and for good', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const { collection } = await openLive(name);
  const views = watch(collection);
  const { server } = collection.remove(id);
  equal(collection.items(), []);
  equal(await server, { id, version: 2 });
  await until(() => collection.status().confirmed === 0);
  equal(views, ['bread', '']);
});

test('an item never flickers between its creation and its event', async () => {
  const { collection } = await openLive(fresh());
  const views = watch(collection);
  await collection.create({ title: 'bread' }).server;
  await until(() => collection.status().confirmed === 1);
  equal(views, ['', 'bread?', 'bread']);
});

test('two clients that create at the same time show the same list in the same order', async () => {
  const name = fresh();
  const [one, two] = [(await openLive(name)).collection, (await openLive(name)).collection];
  for (const title of ['1', '2', '3', '4', '5']) {
    one.create({ title: `one ${title}` });
    two.create({ title: `two ${title}` });
  }
  await settled(one, two);
  await until(() => one.status().confirmed === 10 && two.status().confirmed === 10);
  equal(titles(one), titles(two));
  equal(one.items(), (await read(name)).items);
});

test('a refused write is rolled back once, and told until it is dismissed', async () => {
  const { client, collection } = await openLive(fresh());
  await collection.create({ title: 'bread' }).server;
  const views = watch(collection);
  await faults(client, { refuse_next: true });
  const [{ id }] = collection.items();
  const edit = collection.update(id, { title: 'rye' });
  const error = await rejects(edit.server);
  const { mutationId } = edit;
  equal([error.name, error.definite], ['refused', true]);
  equal(views, ['bread', 'rye?', 'bread']);
  equal(collection.refused().map(({ mutationId, op, id, fields, error }) => [mutationId, op, id, fields, error.name]), [
    [mutationId, 'update', id, { title: 'rye' }, 'refused'],
  ]);
  equal(collection.pending(), []);
  collection.dismiss(mutationId);
  equal(collection.refused(), []);
});

test('a refused write that nobody waits for is no error of the page', async () => {
  const unhandled = [];
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    unhandled.push(event.reason.name);
  });
  const { collection } = await openLive(fresh());
  collection.update('nobody', { title: 'x' });
  await until(() => collection.refused().length === 1);
  Promise.reject(new Error('a real one'));
  await until(() => unhandled.length > 0);
  equal(unhandled, ['Error']);
});

test('an edit of another that comes after mine is what is shown', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const { collection } = await openLive(name);
  await collection.update(id, { title: 'mine' }).server;
  await patch(name, id, { title: 'theirs' });
  await until(() => collection.status().position.offset === 3);
  equal(collection.items(), [{ id, version: 3, title: 'theirs' }]);
});

test('an item can be made again under the id of a removed one', async () => {
  const { collection } = await openLive(fresh());
  for (const title of ['first', 'second']) {
    const { id, server } = collection.create({ id: 'the one', title });
    equal((await server).version, 1);
    await until(() => collection.status().confirmed === 1);
    equal(titles(collection), [title]);
    await collection.remove(id).server;
    await until(() => collection.status().confirmed === 0);
  }
});

test('what waits is sent at once when the connection returns', async () => {
  const { client, collection } = await openLive(fresh(), { client: { retryDelay: 60_000, retryDelayMax: 60_000 } });
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  let unsettled = 0;
  collection.onChange(({ why }) => (unsettled += why === 'unsettled'));
  const { server } = collection.create({ title: 'bread' });
  await until(() => unsettled === 1);
  await faults(client, {});
  equal((await server).version, 1);
});

test('commits between the first snapshot and the subscription are not missed', async () => {
  const name = fresh();
  const client = openClient();
  const collection = openCollection(client, name);
  await until(() => collection.status().loaded);
  await post(name, { title: 'bread' });
  client.connect();
  await until(() => titles(collection).join() === 'bread');
});

test('an edit on a version that is no longer the last is refused with the present item', async () => {
  const name = fresh();
  const item = await post(name, { title: 'bread' });
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const theirs = await patch(name, item.id, { title: 'theirs' });
  const { server } = collection.update(item.id, { title: 'mine' });
  await faults(client, {});
  const error = await rejects(server);
  equal([error.name, error.definite, error.current], ['version_conflict', true, theirs]);
  await until(() => titles(collection).join() === 'theirs');
});

test('an edit of an item that is gone is refused', async () => {
  const { collection } = await openLive(fresh());
  const error = await rejects(collection.update('nobody', { title: 'x' }).server);
  equal([error.name, error.definite, collection.items()], ['not_found', true, []]);
});

test('writes made while offline wait and go out in order, once', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const made = ['one', 'two', 'three'].map((title) => collection.create({ title }));
  const edit = collection.update(made[0].id, { done: true });
  equal([titles(collection), collection.pending().length], [['one', 'two', 'three'], 4]);
  await faults(client, {});
  equal((await edit.server).version, 2);
  await settled(collection);
  equal((await log(name)).map(({ event, mutation_id: id, client_id: by }) => [event, id, by === client.clientId]), [
    ['created', 1, true], ['created', 2, true], ['created', 3, true], ['updated', 4, true],
  ]);
});

test('the second queued edit of an item is sent on the version that the first one got', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const seen = standBetween((_, go) => go());
  const edits = ['a', 'b', 'c'].map((title) => collection.update(id, { title }).server);
  await faults(client, {});
  equal((await Promise.all(edits)).map(({ version }) => version), [2, 3, 4]);
  const sentOn = seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers.get('If-Match'));
  equal([...new Set(sentOn)], ['1', '2', '3']);
});

test('an item whose create is still queued can be edited and removed', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  const { id } = collection.create({ title: 'bread' });
  collection.update(id, { title: 'rye' });
  const { server } = collection.remove(id);
  equal(collection.items(), []);
  await faults(client, {});
  equal(await server, { id, version: 3 });
  await settled(collection);
  equal((await read(name)).items, []);
});

test('an edit after a refused one is sent on the version that its maker saw', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const { client, collection } = await openLive(name);
  await faults(client, { refuse_next: true });
  const first = collection.update(id, { title: 'refused' });
  const second = collection.update(id, { done: true });
  await rejects(first.server);
  equal(await second.server, { id, version: 2, title: 'bread', done: true });
});

test('an answer that is lost does not lose the write, nor make it twice', async () => {
  const name = fresh();
  const client = openClient(); // never connected: no event can stand in for the answer
  const collection = openCollection(client, name);
  let lost = 0;
  const seen = standBetween(async ({ method }, go) => {
    const answer = await go();
    if (method === 'POST' && (lost += 1) <= 2) throw networkError();
    return answer;
  });
  equal((await collection.create({ title: 'bread' }).server).version, 1);
  equal(seen.filter(({ method }) => method === 'POST').map(({ mutationId }) => mutationId), [1, 1, 1]);
  equal((await log(name)).length, 1);
});

test('a server that is not available is asked again with the same mutation id', async () => {
  const name = fresh();
  const { collection } = await openLive(name);
  const answers = [503, 504, 500, 429, 408];
  const views = watch(collection);
  const seen = standBetween(({ method }, go) => {
    const status = method === 'POST' && answers.shift();
    return status ? Promise.resolve(Response.json({ error: { name: 'later' } }, { status })) : go();
  });
  await collection.create({ title: 'bread' }).server;
  equal(seen.filter(({ method }) => method === 'POST').map(({ mutationId }) => mutationId), [1, 1, 1, 1, 1, 1]);
  equal([views, collection.refused()], [['', 'bread?', 'bread'], []]);
});

test('an answer that never comes is given up after the request timeout', async () => {
  const { collection } = await openLive(fresh(), { client: { requestTimeout: 50 } });
  let hung = 0;
  standBetween(({ method, signal }, go) => {
    if (method !== 'POST' || (hung += 1) > 1) return go();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  equal((await collection.create({ title: 'bread' }).server).version, 1);
  ok(hung >= 2, 'a repeat');
});

test('the event of a write settles it before its answer, which then finds nothing to do', async () => {
  const name = fresh();
  const { collection } = await openLive(name);
  const gate = createGate();
  let answered = 0;
  standBetween(async ({ method, mutationId }, go) => {
    const answer = await go();
    if (method === 'POST' && mutationId === 1) {
      await gate.opened;
      answered += 1;
    }
    return answer;
  });
  const views = watch(collection);
  const { server, id } = collection.create({ title: 'bread' });
  equal(await server, { id, version: 1, title: 'bread' });
  equal(collection.pending(), []);
  await collection.create({ title: 'milk' }).server;
  gate.open();
  await until(() => answered === 1);
  await collection.create({ title: 'tea' }).server;
  await until(() => collection.status().confirmed === 3);
  equal(views, ['', 'bread?', 'bread', 'bread,milk?', 'bread,milk', 'bread,milk,tea?', 'bread,milk,tea']);
  equal((await log(name)).length, 3);
});

test('a second edit is sent on the version of the first, if only the event of the first came', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const { collection } = await openLive(name);
  const gate = createGate();
  standBetween(async ({ mutationId }, go) => {
    const answer = await go();
    if (mutationId === 1) await gate.opened;
    return answer;
  });
  collection.update(id, { title: 'rye' });
  equal((await collection.update(id, { done: true }).server).version, 3);
  gate.open();
});

test('an item that was created and removed by another before the snapshot leaves no phantom', async () => {
  const name = fresh();
  const collection = openCollection(openClient(), name);
  await until(() => collection.status().loaded);
  const gate = createGate();
  standBetween(async ({ method }, go) => {
    if (method === 'GET') await gate.opened;
    return go();
  });
  const { id, server } = collection.create({ title: 'bread' });
  await server;
  await remove(name, id);
  equal(titles(collection), ['bread'], 'until it is read anew');
  gate.open();
  await until(() => titles(collection).length === 0);
});

test('an answer that comes late does not settle the write behind it', async () => {
  const name = fresh();
  const { collection } = await openLive(name, { client: { retryDelay: 60_000, retryDelayMax: 60_000 } });
  const gate = createGate();
  let [refusals, answered] = [0, 0];
  standBetween(async ({ mutationId }, go) => {
    if (mutationId === 2 && (refusals += 1) === 1) return Response.json({}, { status: 503 });
    const answer = await go();
    if (mutationId === 1) {
      await gate.opened;
      answered += 1;
    }
    return answer;
  });
  await collection.create({ title: 'bread' }).server; // by its event
  const whys = [];
  collection.onChange(({ why }) => whys.push(why));
  const { server } = collection.create({ title: 'milk' });
  await until(() => whys.includes('unsettled'));
  gate.open();
  await until(() => answered === 1);
  dispatchEvent(new Event('online'));
  equal((await server).title, 'milk');
});

test('each write is sent once, and none before the answer to the one before it', async () => {
  const { collection } = await openLive(fresh());
  let [under, most] = [0, 0];
  const gate = createGate();
  const seen = standBetween(async ({ mutationId }, go) => {
    if (mutationId === null) return go();
    most = Math.max(most, (under += 1));
    if (mutationId === 1) await gate.opened;
    under -= 1;
    return go();
  });
  const made = ['1', '2', '3'].map((title) => collection.create({ title }).server);
  dispatchEvent(new Event('online')); // a reason to try again what is under way already
  gate.open();
  await Promise.all(made);
  equal([seen.flatMap(({ mutationId }) => mutationId ?? []), most], [[1, 2, 3], 1]);
});

test('a write that is acknowledged without a connection is folded in by a snapshot', async () => {
  const name = fresh();
  await post(name, { title: 'first' });
  const collection = openCollection(openClient(), name);
  await until(() => collection.status().loaded);
  const views = watch(collection);
  await collection.create({ title: 'mine' }).server;
  await post(name, { title: 'theirs' });
  await collection.refetch();
  equal(titles(collection), ['first', 'mine', 'theirs']);
  equal(collection.status().confirmed, 3);
  equal(views, ['first', 'first,mine?', 'first,mine', 'first,mine,theirs']);
});

test('a removal that is acknowledged without a connection does not come back', async () => {
  const name = fresh();
  const { id } = await post(name, { title: 'bread' });
  const collection = openCollection(openClient(), name);
  await until(() => collection.status().loaded);
  const views = watch(collection);
  await collection.remove(id).server;
  await until(() => collection.status().confirmed === 0);
  equal(views, ['bread', '']);
});

test('commits that come while the first snapshot is read are all there after it, once', async () => {
  const name = fresh();
  const gate = createGate();
  let held = 0;
  standBetween(async ({ method }, go) => {
    const answer = await go();
    if (method === 'GET' && (held += 1) === 1) await gate.opened;
    return answer;
  });
  await post(name, { title: 'before' });
  const client = await connectClient();
  const collection = openCollection(client, name);
  await until(() => client.isLive(name));
  await post(name, { title: 'one' });
  await post(name, { title: 'two' });
  await until(() => client.position(name).offset === 3);
  equal(titles(collection), []);
  gate.open();
  await until(() => collection.status().live);
  equal(titles(collection), ['before', 'one', 'two']);
});

test('commits of others that were missed while reconnecting are shown after it', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  await faults(client, { offline: true });
  await until(() => client.state === 'reconnecting');
  equal(collection.status().live, false);
  const { id } = await post(name, { title: 'one' });
  await patch(name, id, { title: 'two' });
  await faults(client, {});
  await until(() => titles(collection).join() === 'two');
});

test('an event without an item makes it read the collection anew', async () => {
  const name = fresh();
  const { collection } = await openLive(name);
  const seen = standBetween((_, go) => go());
  for (const payload of [{ entity_id: '123' }, {}]) {
    const before = seen.length;
    await broadcast(name, 'created', payload);
    await until(() => seen.length > before && collection.status().live);
  }
});

test('invalidations that come together are read once more, not once each', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  const gate = createGate();
  const seen = standBetween(async (_, go) => {
    await gate.opened;
    return go();
  });
  for (let times = 0; times < 10; times += 1) await broadcast(name, 'created', {});
  await until(() => client.position(name).offset === 10);
  gate.open();
  await until(() => collection.status().live && collection.status().position.offset === 10);
  ok(seen.length <= 2, `read ${seen.length} times`);
});

test('a snapshot that cannot be read is tried again', async () => {
  const name = fresh();
  await post(name, { title: 'bread' });
  let failures = 0;
  standBetween((_, go) => ((failures += 1) <= 3 ? Promise.reject(networkError()) : go()));
  const collection = openCollection(openClient(), name);
  await until(() => titles(collection).join() === 'bread');
});

test('what the caller does with its object later is not part of the write', async () => {
  const { collection } = await openLive(fresh());
  const fields = { title: 'bread', tags: ['a'] };
  const { server } = collection.create(fields);
  fields.tags.push('b');
  equal((await server).tags, ['a']);
});

test('an item keeps the id that its maker gave it', async () => {
  const { collection } = await openLive(fresh());
  equal((await collection.create({ id: 'mine', title: 'bread' }).server).id, 'mine');
  const error = await rejects(collection.create({ id: 'mine', title: 'again' }).server);
  equal([error.name, titles(collection)], ['id_taken', ['bread']]);
});

test('a closed collection rejects what is pending as indefinite, and takes nothing more', async () => {
  const { client, collection } = await openLive(fresh());
  await faults(client, { offline: true });
  const { server } = collection.create({ title: 'bread' });
  collection.close();
  const error = await rejects(server);
  equal([error.name, error.definite], ['closed', false]);
  throws(() => collection.create({ title: 'late' }));
});

test('a collection that is closed and opened again does not use a mutation id twice', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  await collection.create({ title: 'one' }).server;
  collection.close();
  const again = openCollection(client, name);
  const second = again.create({ title: 'two' });
  equal([(await second.server).title, second.mutationId], ['two', 2]);
});

test('refetch tells where the collection stands', async () => {
  const name = fresh();
  const { collection } = await openLive(name);
  await post(name, { title: 'bread' });
  const { epoch, offset } = await read(name);
  equal(await collection.refetch(), { epoch, offset });
});

test('a connection that is cut while writing loses and doubles nothing', async () => {
  const name = fresh();
  const { client, collection } = await openLive(name);
  const made = [];
  for (let round = 0; round < 5; round += 1) {
    made.push(collection.create({ title: `${round} a` }).server);
    await cut(client);
    made.push(collection.create({ title: `${round} b` }).server);
  }
  await Promise.all(made);
  await settled(collection);
  await until(() => collection.status().confirmed === 10);
  equal(titles(collection), [0, 1, 2, 3, 4].flatMap((round) => [`${round} a`, `${round} b`]));
  equal((await log(name)).length, 10);
});
