import { equal, ok, rejects, test, until } from './harness.js';
import { broadcast, cut, faults, fresh, log, openLive, patch, post, read, titles } from './world.js';

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
