import { createBase } from '/static/sdk/base.js';
import { equal, rejects, test, until } from './harness.js';

const item = (id, version = 1) => ({ id, version });
const commit = (offset, id, more = {}) => ({
  channel: 'c', event: 'created', epoch: 'e1', offset,
  payload: { entity_id: id, version: 1, client_id: 'other', mutation_id: offset, item: item(id) },
  ...more,
});

/** A base whose snapshots are given by hand, one for each reading. */
const open = (heard = () => null) => {
  const readings = [];
  const commits = [];
  const read = () => new Promise((resolve, reject) => readings.push({ resolve, reject }));
  const told = { onCommit: ({ id }) => commits.push(id), onSnapshot() {}, onFailure() {} };
  const base = createBase(read, heard, told, { retryDelay: 1, retryDelayMax: 2 });
  return {
    base,
    readings,
    commits,
    ids: () => [...base.items().keys()].join(),
    answer: async (offset, ids, epoch = 'e1') => {
      const reading = await until(() => readings.shift(), { what: 'a reading' });
      reading.resolve({ items: ids.map((id) => item(id)), epoch, offset });
      await until(() => base.position()?.offset >= offset && base.position().epoch === epoch, { what: 'its snapshot' });
    },
  };
};

const loaded = async (offset, ids, heard) => {
  const opened = open(heard);
  opened.base.refetch('opened');
  await opened.answer(offset, ids);
  return opened;
};

test('the next event is folded in, an older one is in already', async () => {
  const { base, ids, commits, readings } = await loaded(4, ['a']);
  for (const event of [commit(5, 'b'), commit(5, 'b'), commit(4, 'a')]) base.receive(event);
  equal([ids(), base.position().offset, readings.length], ['a,b', 5, 0]);
  equal(commits, ['b', 'b', 'a'], 'the commits that the base holds');
});

test('a gap is never folded over: the state is read anew', async () => {
  const { base, ids, answer } = await loaded(4, ['a']);
  base.receive(commit(7, 'd'));
  equal([ids(), base.status().stale], ['a', true]);
  await answer(7, ['a', 'b', 'c', 'd']);
  equal([ids(), base.status().stale], ['a,b,c,d', false]);
});

test('events that come while a snapshot is read are folded in after it, those it holds are not', async () => {
  const { base, ids, answer, commits } = open();
  base.refetch('opened');
  for (const [offset, id] of [[5, 'a'], [6, 'b'], [7, 'c']]) base.receive(commit(offset, id));
  equal(ids(), '');
  await answer(6, ['a', 'b']);
  equal([ids(), base.position().offset, commits.join()], ['a,b,c', 7, 'a,b,c']);
});

test('a snapshot older than what was folded in meanwhile loses nothing', async () => {
  const { base, ids, answer } = await loaded(4, ['a']);
  base.refetch('asked for');
  base.receive(commit(5, 'b'));
  equal(ids(), 'a,b', 'what is shown while it is read');
  await answer(4, ['a']);
  equal([ids(), base.position().offset], ['a,b', 5]);
});

test('a snapshot older than what was reached before it was asked for is not taken', async () => {
  const { base, ids, answer, readings } = await loaded(4, ['a']);
  base.receive(commit(5, 'b'));
  const asked = base.refetch('asked for');
  (await until(() => readings.shift())).resolve({ items: [item('a')], epoch: 'e1', offset: 4 });
  equal((await rejects(asked)).message, 'a snapshot at 4, when 5 was reached before');
  equal(ids(), 'a,b');
  await answer(5, ['a', 'b']);
});

test('an event of another epoch makes it read anew', async () => {
  const { base, ids, answer } = await loaded(4, ['a']);
  base.receive(commit(5, 'b', { epoch: 'e2' }));
  equal(ids(), 'a');
  await answer(1, ['b'], 'e2');
  equal(ids(), 'b');
});

test('a snapshot of another epoch than the stream is asked for again', async () => {
  let heard = { epoch: 'e2', offset: 1 };
  const { base, ids, answer } = await loaded(4, ['a'], () => heard);
  equal(base.status().stale, true);
  await answer(1, ['b'], 'e2');
  equal([ids(), base.status().stale], ['b', false]);
});

test('many calls for a snapshot while one is read make one more', async () => {
  const { base, readings, answer } = open();
  const first = base.refetch('one');
  const later = [base.refetch('two'), base.refetch('three'), base.refetch('four')];
  equal(readings.length, 1);
  await answer(4, ['a']);
  equal(await first, { epoch: 'e1', offset: 4 });
  equal(readings.length, 1);
  await answer(5, ['a', 'b']);
  equal((await Promise.all(later)).map(({ offset }) => offset), [5, 5, 5]);
  equal([readings.length, base.readings()], [0, 2]);
});

test('an invalidation is newer than a snapshot that was being read, unless its offset says otherwise', async () => {
  const { base, readings, answer } = await loaded(4, ['a']);
  const invalidation = (offset) => commit(offset, 'x', { payload: { entity_id: 'x' } });
  base.refetch('asked for');
  base.receive(invalidation(5));
  await answer(5, ['a']);
  equal(readings.length, 0, 'readings after a snapshot that holds it');
  base.refetch('asked for');
  base.receive(invalidation(6));
  await answer(5, ['a']);
  await answer(6, ['a', 'x']);
  equal([readings.length, base.position().offset], [0, 6]);
});

test('a failed reading is repeated by itself, and its caller is told', async () => {
  const { base, readings, ids, answer } = open();
  const asked = base.refetch('opened');
  (await until(() => readings.shift())).reject(new Error('no network'));
  equal((await rejects(asked)).message, 'no network');
  await answer(4, ['a']);
  equal(ids(), 'a');
});

test('a closed base reads no more', async () => {
  const { base, readings } = open();
  const asked = base.refetch('opened');
  base.close();
  readings[0].resolve({ items: [item('a')], epoch: 'e1', offset: 1 });
  await rejects(asked);
  base.refetch('again');
  equal([readings.length, base.items().size], [1, 0]);
});
