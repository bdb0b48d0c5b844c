import { createModel } from '/static/lab/diagram/model.js';
import { equal, ok, test } from './harness.js';
import { createStory } from './story.js';

const drawn = (rows) => {
  const model = createModel();
  model.reset(rows[0][5]);
  model.append(rows);
  return model;
};
const all = (rows, type) => drawn(rows).entries.all().filter((entry) => entry.type === type);
const told = ({ label, from, to, did }) => `${from} → ${to}: ${label} ${did}`;
const labels = (rows) => all(rows, 'mark').map(({ lane, label }) => `${lane}: ${label}`);
const ITEM = { id: 'o1', title: 'flat white #o1', version: 1 };
const UNSENT = { ...ITEM, version: null };

test('one arrow a message, from its sender to its receiver', () => {
  const story = createStory();
  story.post('alice/1', 7, { id: 'o1', title: 'flat white #o1' });
  story.answer('alice/1', 7, ITEM);
  story.created('bob/1', 12, ITEM);
  equal(all(story.rows, 'arrow').map(told), [
    'alice/1 → server a: POST m7 delivered',
    'server a → alice/1: 201 m7 delivered',
    'server b → bob/1: created 12 delivered',
  ]);
});

test('a frame says by itself which server it went to', () => {
  const story = createStory();
  story.frame('alice/1', 'x up', 'seen', { direction: 'up', layer: 'ws', stage: 'frame', upstream: 'c', payload: '{"subscribe":["orders"]}' });
  equal(all(story.rows, 'arrow').map(told), ['alice/1 → server c: subscribe orders seen']);
});

test('a message is held, delivered, lost, dropped or abandoned, whatever the wire says', () => {
  for (const did of ['held', 'delayed', 'lost', 'dropped', 'failed', 'abandoned', 'delivered']) {
    const story = createStory();
    story.created('bob/1', 1, ITEM, ['seen', did]);
    const [arrow] = all(story.rows, 'arrow');
    equal(arrow.did, did);
    equal(arrow.end === null, did === 'held' || did === 'delayed', `${did}: still under way`);
  }
});

test('a held message that is delivered keeps both its records', () => {
  const story = createStory();
  const [, held, delivered] = story.created('bob/1', 1, ITEM, ['seen', 'held', 'delivered']);
  const [arrow] = all(story.rows, 'arrow');
  equal([arrow.waits, arrow.end, arrow.did], [held, delivered, 'delivered']);
});

test('a stalled connection stalls what is on it, until it goes on', () => {
  const story = createStory();
  story.frame('bob/1', 'x', 'seen', { direction: 'down', layer: 'ws', stage: 'frame', payload: 'hi' });
  story.say('wire', 'connection', { did: 'stalled', connection: 'c bob/1', tab: 'bob/1' });
  equal(all(story.rows, 'arrow')[0].did, 'stalled');
  story.say('wire', 'connection', { did: 'resumed', connection: 'c bob/1', tab: 'bob/1' });
  equal(all(story.rows, 'arrow')[0].did, 'seen');
});

test('a message that came twice is two arrows, and says that TCP never does so', () => {
  const story = createStory();
  story.created('bob/1', 2, ITEM, ['seen', 'held', 'delivered']);
  const i = story.frame('bob/1', 'bob/1 /ws/broadcast #1 down 2', 'duplicated', { layer: 'ws', stage: 'frame', direction: 'down', tcp_impossible: true });
  equal(all(story.rows, 'arrow').map(told), ['server b → bob/1: created 2 delivered', 'server b → bob/1: created 2, again delivered']);
  equal(all(story.rows, 'arrow')[1].end, i);
  equal(labels(story.rows), ['server b: commit · offset 2', 'bob/1: came twice: impossible on TCP']);
});

test('one message dropped or overtaken on a living connection is marked too', () => {
  for (const [did, told] of [['dropped', 'lost alone'], ['reordered', 'overtaken']]) {
    const story = createStory();
    story.created('bob/1', 2, ITEM, ['seen', 'held']);
    story.frame('bob/1', 'bob/1 /ws/broadcast #1 down 2', did, { direction: 'down', tcp_impossible: true });
    equal(labels(story.rows).at(-1), `bob/1: ${told}: impossible on TCP`);
  }
});

test('a request that was sent twice is two arrows', () => {
  const story = createStory();
  story.post('alice/1', 7, { id: 'o1' }, ['seen', 'delivered', 'duplicated']);
  equal(all(story.rows, 'arrow').map(({ label }) => label), ['POST m7', 'POST m7, again']);
  equal(labels(story.rows), [], 'which TCP does not forbid');
});

test('the same write asked for again says so, and one without an id too', () => {
  const story = createStory();
  story.post('alice/1', 7, { id: 'o1' });
  story.post('alice/1', 7, { id: 'o1' }, ['seen'], 2);
  story.frame('alice/1', 'y up', 'seen', { direction: 'up', layer: 'http', stage: 'request', method: 'POST', path: '/api/orders' });
  equal(all(story.rows, 'arrow').map(({ label }) => label), ['POST m7', 'POST m7, again', 'POST, without an id']);
});

test('an op learns its mutation from the request that carries it', () => {
  const story = createStory();
  story.put('alice/1', 'flat white', 'o1');
  story.post('alice/1', 7, { id: 'o1', title: 'flat white #o1' });
  equal(labels(story.rows)[0], 'alice/1: create “flat white” m7');
});

test('a message between tabs is dashed, and reaches each of them', () => {
  const story = createStory({ alice: { tabs: 3, instance: 'a' } });
  const payload = JSON.stringify({ topic: 'collection', body: { kind: 'mutation', mutation: { mutationId: 7 } } });
  story.say('tab alice/1', 'tab_message', { tab: 'alice/1', did: 'sent', message: 't', payload });
  story.say('tab alice/2', 'tab_message', { tab: 'alice/2', did: 'received', message: 't' });
  story.say('tab alice/3', 'tab_message', { tab: 'alice/3', did: 'received', message: 't' });
  const arrows = all(story.rows, 'arrow');
  equal(arrows.map(told), ['alice/1 → alice/2: m7 pending delivered', 'alice/1 → alice/3: m7 pending delivered']);
  ok(arrows.every(({ dashed }) => dashed), 'dashed');
  equal(arrows[1].origin, arrows[0]);
});

test('a message that was received before we heard that it was sent is one arrow all the same', () => {
  const story = createStory();
  story.say('tab alice/2', 'tab_message', { tab: 'alice/2', did: 'received', message: 't' });
  story.say('tab alice/1', 'tab_message', { tab: 'alice/1', did: 'sent', message: 't', payload: 'hello' });
  equal(all(story.rows, 'arrow').map(told), ['alice/1 → alice/2: hello delivered']);
});

test('a view says what has changed', () => {
  const story = createStory();
  story.put('alice/1', 'flat white', 'o1');
  story.view('alice/1', [UNSENT], ['o1']);
  story.view('alice/1', [ITEM]);
  story.view('alice/1', []);
  story.view('alice/1', [ITEM]);
  equal(labels(story.rows).slice(1), [
    'alice/1: shows it, pending', 'alice/1: shows it, confirmed', 'alice/1: no longer shows it', 'alice/1: shows it again',
  ]);
});

test('what is shown twice is told in red', () => {
  const story = createStory();
  story.put('alice/1', 'flat white', 'o1');
  story.view('bob/1', [ITEM]);
  story.view('bob/1', [ITEM, { ...ITEM, id: 'o2' }]);
  const twice = all(story.rows, 'mark').at(-1);
  equal([twice.label, twice.tone, twice.strong], ['shows it twice', 'bad', true]);
});

test('two orders of the same name are not one order twice', () => {
  const story = createStory();
  for (const id of ['a', 'b']) story.say('driver', 'invoke', { op: id, tab: 'alice/1', act: 'put', key: id, value: { title: 'latte' }, channel: 'orders' });
  story.view('bob/1', [{ id: 'a', title: 'latte', version: 1 }, { id: 'b', title: 'latte', version: 1 }]);
  ok(!all(story.rows, 'mark').some(({ strong }) => strong), 'nothing in red');
  story.view('bob/1', ['a', 'b', 'c'].map((id) => ({ id, title: 'latte', version: 1 })));
  ok(all(story.rows, 'mark').at(-1).strong, 'a third one is one too many');
});

test('a commit stands at the server that was asked, hollow until the log says so', () => {
  const story = createStory();
  story.post('alice/1', 7, { id: 'o1' });
  story.created('bob/1', 12, { ...ITEM });
  const before = drawn(story.rows).entries.all().find(({ category }) => category === 'commit');
  equal([before.lane, before.label, before.hollow], ['server b', 'commit · offset 12', true]);
  const read = story.say('bed', 'commit', { channel: 'orders', entity_id: 'o1', version: 1, offset: 12, epoch: 'e1', event: 'created' });
  const model = drawn(story.rows);
  const after = model.entries.all().filter(({ category }) => category === 'commit');
  equal(after.map(({ hollow, records }) => [hollow, records]), [[false, [read]]]);
  equal(model.entries.of(read), after[0]);
});

test('a fault is a band from where it began to where it was lifted, with its receipts', () => {
  const story = createStory();
  const what = { id: 'lost', match: { profile: 'alice' }, fault: { kind: 'answer_lost' } };
  story.say('wire', 'fault', { fault: 'lost', what });
  const receipt = story.say('wire', 'receipt', { fault: 'lost', evidence: 'it acted' });
  const lifted = story.say('wire', 'lifted', { fault: 'lost' });
  const [band] = all(story.rows, 'band');
  equal([band.label, band.lanes, band.hits, band.end], ['answer lost, write committed · alice', ['alice/1', 'alice/2', 'server a'], [receipt], lifted]);
});

test('healing ends every band', () => {
  const story = createStory();
  story.say('driver', 'fault', { fault: 'k', what: { do: 'kill_server', server: 'b' } });
  const heal = story.say('bed', 'heal', {});
  const [band] = all(story.rows, 'band');
  equal([band.label, band.lanes, band.end], ['kill server b', ['server b'], heal]);
});

test('rows that come one by one are drawn as if they came at once', () => {
  const story = createStory();
  story.put('alice/1', 'flat white', 'o1');
  story.post('alice/1', 7, { id: 'o1', title: 'flat white #o1' });
  story.created('bob/1', 12, ITEM, ['seen', 'held', 'delivered']);
  story.view('bob/1', [ITEM]);
  const slow = createModel();
  slow.reset(story.rows[0][5]);
  for (const row of story.rows) slow.append([row]);
  equal(slow.entries.all(), drawn(story.rows).entries.all());
});

test('a tab that opens later gets a lane beside its profile, after those that came before', () => {
  const story = createStory();
  story.say('driver', 'tab', { tab: 'alice/10', did: 'opened' });
  story.say('driver', 'tab', { tab: 'alice/3', did: 'opened' });
  equal(drawn(story.rows).lanes.list().map(({ id }) => id), ['alice/1', 'alice/2', 'alice/10', 'alice/3', 'bob/1', 'server a', 'server b']);
});

const lanesOf = (model) => model.lanes.list().map(({ id }) => id);

test('lanes keep their places whoever leaves', () => {
  const story = createStory({});
  for (const tab of ['bob/2', 'alice/1', 'bob/1']) story.say('driver', 'tab', { tab, did: 'opened' });
  const before = lanesOf(drawn(story.rows));
  equal(before, ['bob/2', 'bob/1', 'alice/1']);
  story.say('driver', 'tab', { tab: 'bob/2', did: 'closed' });
  story.say('driver', 'tab', { tab: 'carol/1', did: 'opened' });
  story.say('driver', 'tab', { tab: 'bob/2', did: 'opened' });
  equal(lanesOf(drawn(story.rows)), [...before, 'carol/1']);
});

test('a server that the page has a head for has a lifeline, and no other has one for nothing', () => {
  const model = drawn(createStory({ alice: { tabs: 1, instance: 'a' } }).rows);
  equal(lanesOf(model), ['alice/1', 'server a']);
  model.lanes.expect(['alice/1', 'server app', 'server b']);
  equal(lanesOf(model), ['alice/1', 'server app', 'server b']);
  equal(model.lanes.serverOf('alice/1'), 'server app');
});

test('somebody else’s server is the only one of its trace', () => {
  const story = createStory({ alice: { tabs: 1, instance: 'a' } });
  story.frame('alice/1', 'x up', 'seen', { direction: 'up', layer: 'http', stage: 'request', method: 'GET', path: '/x', upstream: 'app' });
  story.frame('alice/1', 'y up', 'seen', { direction: 'up', layer: 'http', stage: 'request', method: 'GET', path: '/y' });
  equal(lanesOf(drawn(story.rows)), ['alice/1', 'server app']);
});
