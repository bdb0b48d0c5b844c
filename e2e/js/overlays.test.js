import { createOverlays } from '/static/sdk/overlays.js';
import { equal, test } from './harness.js';

/** Overlays over a base that stands still. */
const open = ({ items = [], readings = 1 } = {}) => {
  const held = new Map(items.map((item) => [item.id, item]));
  const overlays = createOverlays({ items: () => held, readings: () => readings });
  let mutationId = 0;
  /** Lays a mutation over it, acknowledged if it has a version. */
  const lay = (op, id, version = null) => {
    mutationId += 1;
    const overlay = overlays.add({ tab: 'mine', clientId: 'me', mutationId, op, id, fields: {} });
    if (version !== null) overlays.acknowledge(overlay, version);
    return overlay;
  };
  const left = () => overlays.all().map((overlay) => `${overlay.op} ${overlay.mutationId}`).join();
  return { overlays, lay, left };
};
const commit = (id, version, mutationId, clientId = 'me') => ({ id, version, clientId, mutationId, item: null });

test('an acknowledged mutation stays until the base holds it', () => {
  const { overlays, lay, left } = open();
  const overlay = lay('create', 'a', 1);
  equal(left(), 'create 1');
  overlays.snapshot(1); // asked for before it was acknowledged, and the item is not in it
  equal(left(), 'create 1');
  overlays.snapshot(2);
  equal([left(), overlay.state], ['', 'acknowledged']);
});

test('an item at its version or a later one holds it', () => {
  const { lay, left } = open({ items: [{ id: 'a', version: 3 }] });
  for (const version of [2, 3, 4]) lay('update', 'a', version);
  equal(left(), 'update 3');
});

test('a snapshot says nothing about what is not acknowledged', () => {
  const { overlays, lay, left } = open({ items: [{ id: 'a', version: 3 }] });
  lay('update', 'a');
  overlays.snapshot(9);
  equal(left(), 'update 1');
});

test('a commit settles what its client had done before, though those events never came', () => {
  const { overlays, lay, left } = open();
  lay('create', 'a', 1);
  lay('update', 'a', 2);
  lay('remove', 'a', 3);
  lay('create', 'b');
  overlays.committed(commit('a', 3, 3));
  equal(left(), 'create 4');
});

test('a commit of another settles the earlier versions of its item, not the later', () => {
  const { overlays, lay, left } = open();
  lay('update', 'a', 2);
  lay('update', 'a', 4);
  lay('update', 'b', 1);
  lay('update', 'a');
  overlays.committed(commit('a', 3, 77, 'other'));
  equal(left(), 'update 2,update 3,update 4');
});

test('what is stored stands in the order of the outbox, what is not yet comes last', () => {
  const { overlays, lay, left } = open();
  [3, null, 1].forEach((seq, n) => Object.assign(lay('create', `${n}`), { seq }));
  overlays.sort();
  equal(left(), 'create 3,create 1,create 2');
});

test('what the stream has shown is remembered for each client', () => {
  const { overlays } = open();
  overlays.see(commit('a', 1, 5));
  overlays.see(commit('a', 1, 3));
  equal([5, 6].map((id) => overlays.wasSeen('me', id)), [true, false]);
  equal(overlays.wasSeen('other', 1), false);
  for (let client = 0; client < 1000; client += 1) overlays.see(commit('a', 1, 1, `client ${client}`));
  equal(overlays.wasSeen('me', 5), false, 'the oldest');
});
