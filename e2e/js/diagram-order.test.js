import { createCausality } from '/static/lab/diagram/causality.js';
import { createOrder } from '/static/lab/diagram/order.js';
import { equal, ok, test } from './harness.js';
import { createStory, rowsOf, vectors } from './story.js';

const SIGNS = new Map([[true, '<'], [false, '>'], [null, '?']]);

test('what was before what is what Python says', async () => {
  for (const { name, records, before } of await vectors()) {
    const order = createOrder(rowsOf(records));
    const claimed = records.map((_, a) => records.map((__, b) => (a === b ? '=' : SIGNS.get(order.before(a, b)))).join(''));
    equal(claimed, before, name);
  }
});

test('what came because of what', async () => {
  for (const { name, records, because, not_because: not } of await vectors()) {
    const causality = createCausality(rowsOf(records));
    for (const [cause, effect] of because) {
      ok(causality.future(cause).has(effect), `${name}: ${effect} because of ${cause}`);
      ok(causality.past(effect).has(cause), `${name}: ${cause} led to ${effect}`);
      equal(causality.relation(cause, effect), 'because', `${name}: ${cause} and ${effect}`);
    }
    for (const [first, second] of not) {
      ok(!causality.future(first).has(second), `${name}: ${second} not because of ${first}`);
      ok(causality.relation(first, second) !== 'because', `${name}: ${first} and ${second}`);
    }
  }
});

test('what is only ordered came after, and what is not ordered is concurrent', async () => {
  const [own, apart] = await vectors();
  equal(createCausality(rowsOf(own.records)).relation(1, 2), 'after');
  equal(createCausality(rowsOf(apart.records)).relation(1, 2), 'concurrent');
});

test('a write that is sent again as a new one was sent again because its answer was lost', () => {
  const story = createStory();
  const fields = { title: 'flat white #o1' };
  const asked = story.put('alice/1', 'flat white', 'o1', 'first');
  story.post('alice/1', 1, { ...fields, id: 'first' });
  const [, lost] = story.answer('alice/1', 1, { ...fields, id: 'first', version: 1 }, ['seen', 'lost']);
  const [again] = story.post('alice/1', 2, { ...fields, id: 'second' });
  const by = { client_id: 'of alice/1', mutation_id: 2 };
  const [, told] = story.created('bob/1', 2, { ...fields, id: 'second', version: 1 }, ['seen', 'delivered'], by);
  const shown = story.view('bob/1', [{ ...fields, id: 'second', version: 1 }]);
  const past = createCausality(story.rows).past(shown);
  for (const i of [asked, lost, again, told]) ok(past.has(i), `#${i} led to the view`);
});
