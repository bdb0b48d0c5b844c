import { fold, readCommit, replay } from '/static/sdk/replay.js';
import { equal, test } from './harness.js';

const BASE = [
  { id: 'a', version: 1, title: 'bread', done: false },
  { id: 'b', version: 4, title: 'milk', done: false },
];
let mutations = 0;
const laid = (op, id, fields = {}, more = {}) => ({
  clientId: 'me', mutationId: (mutations += 1), op, id, fields, item: null, baseVersion: null,
  settled: false, version: null, ...more,
});
const shown = (...overlays) => replay(BASE, overlays).map(({ item }) => item);

test('without mutations the base is what is shown', () => {
  equal(shown(), BASE);
});

test('creates come after the base, edits stay in their place, removals go', () => {
  const overlays = [laid('create', 'c', { title: 'tea' }), laid('update', 'a', { done: true }), laid('remove', 'b')];
  equal(shown(...overlays), [
    { id: 'a', version: 1, title: 'bread', done: true },
    { id: 'c', version: null, title: 'tea' },
  ]);
});

test('mutations of one item are laid over each other in their order', () => {
  const overlays = [laid('create', 'c', { title: 'tea' }), laid('update', 'c', { title: 'mint' }), laid('update', 'c', { done: true })];
  equal(shown(...overlays).at(-1), { id: 'c', version: null, title: 'mint', done: true });
  equal(replay(BASE, overlays).at(-1).mutations, overlays);
});

test('leaving one out takes back what it changed and nothing else', () => {
  const first = laid('update', 'a', { title: 'rye' });
  const second = laid('update', 'a', { done: true });
  equal(shown(first, second)[0], { id: 'a', version: 1, title: 'rye', done: true });
  equal(shown(second)[0], { id: 'a', version: 1, title: 'bread', done: true });
});

test('a create that the base holds already changes nothing', () => {
  equal(shown(laid('create', 'a', { title: 'old' })), BASE);
});

test('an edit of an item that is gone does not bring it back', () => {
  equal(shown(laid('update', 'z', { done: true }, { item: { id: 'z', version: 2, done: true } })), BASE);
});

test('an acknowledged edit shows the version that it got', () => {
  equal(shown(laid('update', 'a', { done: true }, { state: 'acknowledged', version: 2 }))[0].version, 2);
});

test('the base is not changed by what is laid over it', () => {
  const frozen = BASE.map((item) => Object.freeze({ ...item }));
  replay(frozen, [laid('update', 'a', { done: true }), laid('remove', 'b')]);
});

const PAYLOAD = { entity_id: 'a', version: 2, client_id: 'me', mutation_id: 3, item: { id: 'a', version: 2 } };

test('an event with item and version is a commit', () => {
  const commit = readCommit({ channel: 'c', event: 'updated', payload: PAYLOAD });
  equal(commit, { id: 'a', version: 2, clientId: 'me', mutationId: 3, item: { id: 'a', version: 2 } });
  equal(readCommit({ channel: 'c', event: 'deleted', payload: { ...PAYLOAD, item: null } }).item, null);
});

test('any other event only says that something changed', () => {
  for (const [event, payload] of [
    ['created', { entity_id: '123' }],
    ['created', { ...PAYLOAD, item: null }],
    ['deleted', PAYLOAD],
    ['emit', PAYLOAD],
    ['created', null],
    ['created', 'text'],
  ]) {
    equal(readCommit({ channel: 'c', event, payload }), null, `${event} ${JSON.stringify(payload)}`);
  }
});

test('folding sets, replaces and deletes', () => {
  const items = new Map(BASE.map((item) => [item.id, item]));
  fold(items, { id: 'c', version: 1, clientId: null, mutationId: null, item: { id: 'c', version: 1 } });
  fold(items, { id: 'a', version: 2, clientId: null, mutationId: null, item: { id: 'a', version: 2 } });
  fold(items, { id: 'b', version: 5, clientId: null, mutationId: null, item: null });
  equal([...items.values()], [{ id: 'a', version: 2 }, { id: 'c', version: 1 }]);
});
