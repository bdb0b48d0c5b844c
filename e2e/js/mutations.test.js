import { createMutations } from '/static/sdk/mutations.js';
import { equal, test } from './harness.js';

const URL = '/api/c';

/** Mutations of this profile over a base that stands still. */
const open = ({ items = [] } = {}) => {
  const held = new Map(items.map((item) => [item.id, item]));
  const refetched = [];
  const mutations = createMutations(
    URL,
    { outbox: { entries: async () => [], confirm() {} }, store: { clientId: () => 'me' }, tabs: { id: 'mine' } },
    { items: () => held, readings: () => 1, refetch: (reason) => refetched.push(reason) },
    { visible: () => null, isLive: () => true, changed() {} },
  );
  let made = 0;
  const entry = (op, id, more = {}) => {
    made += 1;
    return { url: URL, tab: 'other', clientId: 'me', mutationId: made, seq: made, was: [], op, id, fields: {}, ...more };
  };
  const tell = (kind, of, more = {}) => mutations.hear({ kind, entry: of, ...more });
  /** Lays a mutation over it, acknowledged if it has a version. */
  const lay = (op, id, version = null, more = {}) => {
    const laid = entry(op, id, more);
    tell('made', laid);
    if (version !== null) tell('acknowledged', laid, { result: { id, version } });
    return laid;
  };
  const left = () => mutations.all().map((overlay) => `${overlay.op} ${overlay.mutationId}`).join();
  return { mutations, refetched, entry, tell, lay, left };
};
const commit = (id, version, mutationId, clientId = 'me') => ({ id, version, clientId, mutationId, item: null });

test('an acknowledged mutation stays until the base holds it', () => {
  const { mutations, lay, left } = open();
  lay('create', 'a', 1);
  equal([left(), mutations.shown.pending()], ['create 1', []]);
  mutations.snapshot(1); // asked for before it was acknowledged, and the item is not in it
  equal(left(), 'create 1');
  mutations.snapshot(2);
  equal(left(), '');
});

test('an item at its version or a later one holds it', () => {
  const { lay, left } = open({ items: [{ id: 'a', version: 3 }] });
  for (const version of [2, 3, 4]) lay('update', 'a', version);
  equal(left(), 'update 3');
});

test('a snapshot says nothing about what is not acknowledged', () => {
  const { mutations, lay, left } = open({ items: [{ id: 'a', version: 3 }] });
  lay('update', 'a');
  mutations.snapshot(9);
  equal(left(), 'update 1');
});

test('a commit settles what its client had done before, though those events never came', () => {
  const { mutations, lay, left } = open();
  lay('create', 'a', 1);
  lay('update', 'a', 2);
  lay('remove', 'a', 3);
  lay('create', 'b');
  mutations.committed(commit('a', 3, 3));
  equal(left(), 'create 4');
});

test('a commit of another settles the earlier versions of its item, not the later', () => {
  const { mutations, lay, left } = open();
  lay('update', 'a', 2);
  lay('update', 'a', 4);
  lay('update', 'b', 1);
  lay('update', 'a');
  mutations.committed(commit('a', 3, 77, 'other'));
  equal(left(), 'update 2,update 3,update 4');
});

test('what is stored stands in the order of the outbox', () => {
  const { lay, left } = open();
  for (const seq of [3, 4, 1]) lay('create', 'a', null, { seq });
  equal(left(), 'create 3,create 1,create 2');
});

test('news of what the stream or the sender has settled is late, and lays nothing over it', () => {
  const { mutations, entry, tell, left } = open();
  const [one, two, three] = ['a', 'b', 'c'].map((id) => entry('create', id));
  mutations.see(commit('a', 1, 1));
  tell('made', one);
  equal(left(), '');
  tell('acknowledged', two, { result: { id: 'b', version: 1 } });
  tell('made', two);
  equal(left(), '');
  mutations.see(commit('c', 1, 3, 'other'));
  tell('made', three);
  equal(left(), 'create 3');
});

test('of what is in the outbox no more, and nobody heard the end of, the next snapshot decides', async () => {
  const { mutations, refetched, lay, left } = open();
  lay('create', 'a');
  const server = mutations.shown.server(1);
  await mutations.load();
  const error = await server.catch((thrown) => thrown);
  equal([error.name, error.definite, left(), refetched.at(-1)], ['unknown', false, 'create 1', 'outbox']);
  mutations.snapshot(2);
  equal(left(), '');
});
