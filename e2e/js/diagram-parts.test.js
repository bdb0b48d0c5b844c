import { createFilter, QUIET } from '/static/lab/diagram/filter.js';
import { createRoom, placeLanes, placeOnLine } from '/static/lab/diagram/geometry.js';
import { siblingWords, wordsOf } from '/static/lab/diagram/labels.js';
import { createLayout } from '/static/lab/diagram/layout.js';
import { createModel } from '/static/lab/diagram/model.js';
import { createPicture } from '/static/lab/diagram/picture.js';
import { groundOf, shapeOf } from '/static/lab/diagram/shapes.js';
import { convergence, createTable } from '/static/lab/diagram/table.js';
import { equal, ok, test } from './harness.js';
import { createStory } from './story.js';

const ITEM = { id: 'o1', title: 'flat white #o1', version: 1 };
const frame = (payload, more = {}) => ({ layer: 'ws', stage: 'frame', direction: 'down', payload: JSON.stringify(payload), size_bytes: 99, ...more });
const label = (...about) => wordsOf(frame(...about)).label;

test('what nobody knows is called by its type, its text, or its size', () => {
  equal(label({ anything: 1 }), 'text 99 B');
  equal(wordsOf({ layer: 'ws', stage: 'frame', payload: 'hello' }).label, '“hello”');
  equal(wordsOf({ layer: 'ws', stage: 'frame', payload_base64: 'AA==', size_bytes: 1 }).label, 'binary 1 B');
  equal(label([1, 2]), 'text 99 B');
});

test('a request is its method and its mutation, an answer its status', () => {
  const request = { layer: 'http', stage: 'request', direction: 'up', method: 'POST', path: '/api/orders' };
  equal(wordsOf({ ...request, mutation: '7' }).label, 'POST m7');
  equal(wordsOf({ ...request, method: 'GET' }).label, 'GET orders');
  const answer = { layer: 'http', stage: 'response', direction: 'down', method: 'POST', path: '/api/orders', mutation: '7' };
  equal(wordsOf({ ...answer, status: 201 }).label, '201 m7');
  equal(wordsOf({ ...answer, status: 409, payload: '{"error":{"code":"x","name":"stale_version"}}' }), {
    label: '409 stale_version', category: 'message', bad: true, body: { error: { code: 'x', name: 'stale_version' } },
  });
  equal(wordsOf({ ...answer, method: 'GET', status: 200, payload: '{"items":[1]}' }).label, '200 · 1 item');
});

test('documents, modules, preflights and pings are told apart from messages', () => {
  const request = { layer: 'http', stage: 'request', direction: 'up', method: 'GET', path: '/page' };
  equal(wordsOf({ ...request, path: '/static/sdk/index.js' }).category, 'document');
  equal(wordsOf({ ...request, headers: [['Sec-Fetch-Dest', 'document']] }).category, 'document');
  equal(wordsOf({ ...request, headers: [['Sec-Fetch-Dest', 'empty']] }).category, 'message');
  equal(wordsOf({ ...request, method: 'OPTIONS' }).category, 'document');
  equal(wordsOf(frame({ type: 'ping' })).category, 'ping');
});

const between = (topic, body) => {
  const { label: told, category } = siblingWords(JSON.stringify({ from: 't', topic, body, locked: true }));
  return [told, category];
};

test('a message between tabs is told by its mutation, what it passes on, or its kind', () => {
  equal(siblingWords('{"body":{"kind":"mutation","mutation":{"mutationId":7}}}').label, 'm7 pending');
  equal(siblingWords('').label, 'message');
  equal(between('outbox', { kind: 'made', entry: { mutationId: 7, fields: { title: 'latte #o1' } } }), ['m7 pending', 'sibling']);
  equal(between('link', { kind: 'text', body: '{"channel":"orders","event":"created","payload":{},"offset":12}' }), ['created 12', 'sibling']);
  equal(between('link', { kind: 'send', body: '{"subscribe":["orders"],"positions":{}}' }), ['subscribe orders', 'sibling']);
  equal(between('outbox', { kind: 'refused', entry: { mutationId: 7 } }), ['m7 refused', 'sibling']);
});

test('what tabs say to keep house is not shown unasked', () => {
  equal(between('leader', 1), ['leader', 'between']);
  equal(between('bye', null), ['bye', 'between']);
  for (const kind of ['open', 'close', 'up', 'down']) equal(between('link', { kind }), [kind, 'between']);
  equal(between('link', { kind: 'text', body: '{"type":"pong"}' }), ['pong', 'between']);
  equal(between('outbox', { kind: 'acknowledged', seq: 1, result: { title: 'latte #o1' } }), ['acknowledged latte', 'between']);
  equal(siblingWords('{"from":"t","topic":"link","body":{"kind":"text","body":"{').category, 'sibling');
  const story = createStory();
  const tell = (n, body) => {
    story.say('tab alice/1', 'tab_message', { tab: 'alice/1', did: 'sent', message: `t${n}`, payload: JSON.stringify({ topic: 'x', body }) });
    story.say('tab alice/2', 'tab_message', { tab: 'alice/2', did: 'received', message: `t${n}` });
  };
  tell(1, { kind: 'leader' });
  tell(2, { kind: 'made', entry: { mutationId: 7 } });
  const labels = (wanted) => drawn(story.rows).entries.all().filter(createFilter(wanted, () => '', new Set())).map((entry) => entry.label);
  equal(labels({}), ['m7 pending']);
  equal(labels({ show: ['between'] }), ['leader', 'm7 pending']);
});

const drawn = (rows) => {
  const model = createModel();
  model.reset(rows[0][5]);
  model.append(rows);
  return model;
};
const placed = (model, shown = () => true, axis = 'order') => {
  const layout = createLayout();
  layout.clear();
  layout.extend(model, shown, axis);
  return layout;
};
// many messages, some of them held
const busy = () => {
  const story = createStory();
  for (let n = 1; n <= 40; n += 1) {
    story.put('alice/1', `order ${n}`, `o${n}`);
    story.post('alice/1', n, { id: `o${n}` });
    story.created('bob/1', n, { ...ITEM, id: `o${n}` }, n % 5 === 0 ? ['seen', 'held', 'delivered'] : ['seen', 'delivered']);
  }
  return story;
};

test('no two rows share a place, and a message slopes downwards', () => {
  const model = drawn(busy().rows);
  const layout = placed(model);
  const ys = layout.ys();
  ok(ys.every((y, at) => at === 0 || y > ys[at - 1]), 'each point lies below the one before');
  for (const entry of model.entries.all()) {
    const { y1, y2 } = layout.spanOf(entry);
    if (entry.type === 'arrow') ok(y2 > y1, `${entry.label} slopes`);
  }
});

test('a layout that grows is the layout of the whole', () => {
  const { rows } = busy();
  const model = createModel();
  model.reset(rows[0][5]);
  const layout = createLayout();
  layout.clear();
  for (let at = 0; at < rows.length; at += 7) {
    model.append(rows.slice(at, at + 7));
    layout.extend(model, () => true, 'order');
  }
  equal(layout.ys(), placed(drawn(rows)).ys());
});

test('what is in sight is found, however long it is', () => {
  const story = createStory();
  story.created('bob/1', 1, ITEM, ['seen', 'held']);
  for (let n = 1; n <= 100; n += 1) story.put('alice/1', 'x', `o${n}`);
  story.frame('bob/1', 'bob/1 /ws/broadcast #1 down 1', 'delivered');
  const model = drawn(story.rows);
  const layout = placed(model);
  const long = model.entries.all().find(({ type }) => type === 'arrow');
  ok(layout.between(1200, 1300).has(long), 'it crosses the middle');
  ok(layout.between(1200, 1300).size < 10, 'and few others do');
});

test('in time, idle stretches are folded and a message never arrives before it was sent', () => {
  const story = createStory();
  story.created('bob/1', 1, ITEM);
  const late = story.put('alice/1', 'x', 'o9');
  story.rows[late][1] = 9000;
  story.rows[2][1] = story.rows[1][1] - 3;
  const model = drawn(story.rows);
  const layout = placed(model, () => true, 'time');
  equal(layout.folds().filter(({ isTick }) => !isTick).length, 1);
  const { y1, y2 } = layout.spanOf(model.entries.of(1));
  ok(y2 > y1, 'downwards');
});

test('labels of lines that cross keep out of each other’s way', () => {
  const room = createRoom();
  const line = { x1: 0, y1: 0, x2: 400, y2: 10 };
  const boxes = [1, 2, 3].map((owner) => {
    room.by(owner);
    return placeOnLine(room, [], line, 60, 16);
  });
  for (const a of boxes) for (const b of boxes) ok(a === b || a.x + 60 <= b.x || b.x + 60 <= a.x, 'apart');
});

test('lanes are spread, never too close, and stand where the page puts them', () => {
  const lanes = drawn(createStory().rows).lanes.list();
  const narrow = [...placeLanes(lanes, 300, new Map()).xs.values()];
  ok(narrow.every((x, at) => at === 0 || x - narrow[at - 1] >= 70), 'not too close');
  equal(placeLanes(lanes, 1200, new Map([['bob/1', 777]])).xs.get('bob/1'), 777);
});

test('the filter leaves out what is rarely wanted, and shows a witness whatever is filtered', () => {
  const story = createStory();
  story.put('alice/1', 'x', 'o1');
  story.post('alice/1', 7, { id: 'o1' });
  story.say('driver', 'clock', { of: 'wire' });
  story.say('tab bob/1', 'event', { tab: 'bob/1', channel: 'orders', name: 'created', offset: 1 });
  const model = drawn(story.rows);
  const shown = (wanted, revealed = new Set()) =>
    model.entries.all().filter(createFilter(wanted, () => '', revealed)).map(({ category }) => category);
  equal(shown({}), ['op', 'message']);
  equal(shown({ show: ['clock'] }), ['op', 'message', 'clock']);
  equal(shown({ tabs: ['bob/1'], show: Object.keys(QUIET) }), ['clock', 'handed']);
  equal(shown({ mutation: 'm7' }), ['op', 'message']);
  equal(shown({ channel: 'other' }), []);
  equal(shown({ channel: 'other' }, new Set([model.entries.of(1)])), ['op']);
});

test('the table says who holds what, what is pending and what differs', () => {
  const story = createStory();
  story.put('alice/1', 'flat white', 'o1');
  story.view('alice/1', [{ ...ITEM, version: null }], ['o1']);
  story.view('bob/1', []);
  const pending = story.rows.length - 1;
  story.created('bob/1', 1, ITEM);
  story.view('bob/1', [ITEM]);
  story.view('alice/1', [ITEM]);
  const cells = (i) => convergence(story.rows, i).rows.map(({ title, cells: all }) => [title, ...all.map(({ text, differs }) => `${text}${differs ? '!' : ''}`)]);
  equal(cells(pending), [['flat white', 'pending', '', '']]);
  equal(cells(undefined), [['flat white', 'v1', 'v1', 'v1']]);
  equal(convergence(story.rows).columns, ['alice/1', 'bob/1', 'server']);
});

test('a tab that is gone differs from nobody', () => {
  const story = createStory();
  story.created('bob/1', 1, ITEM);
  story.view('alice/1', []);
  story.view('bob/1', [ITEM]);
  const open = story.rows.length - 1;
  story.say('driver', 'tab', { tab: 'alice/1', did: 'closed' });
  const cells = (i) => convergence(story.rows, i).rows.map(({ cells: all }) => all.map(({ text, differs }) => `${text}${differs ? '!' : ''}`));
  equal(cells(open), [['!', 'v1', 'v1']]);
  equal(cells(undefined), [['', 'v1', 'v1']]);
});

test('a request that is about no collection is told by the last words of its path', () => {
  const path = '/test/clients/b8432cb9-12d4-4c8a-9a11-0123456789ab/cut';
  equal(wordsOf({ layer: 'http', stage: 'request', direction: 'up', method: 'POST', path }).label, 'POST cut');
  equal(wordsOf({ layer: 'http', stage: 'request', direction: 'up', method: 'PUT', path: '/v1/items/7' }).label, 'PUT items/7');
});

test('an order that is there twice is one line of the table', () => {
  const story = createStory();
  const both = [ITEM, { ...ITEM, id: 'o2' }];
  story.created('bob/1', 1, both[0]);
  story.created('bob/1', 2, both[1]);
  story.view('bob/1', both);
  const { rows } = convergence(story.rows);
  equal(rows.map(({ cells }) => cells.map(({ text, differs }) => [text, differs])), [[['v1 ×2', true], ['v1 ×2', true]]]);
});

test('the table of any record is what it would have been then', () => {
  const { rows } = busy();
  const table = createTable();
  table.append(rows);
  for (const i of [3, 50, 120, rows.length - 1]) equal(table.at(i), convergence(rows.slice(0, i + 1)), `at ${i}`);
});

test('a fault is one band from its first lane to its last, however short it was', () => {
  const story = createStory();
  story.say('wire', 'fault', { fault: 'd', what: { match: {}, fault: { kind: 'duplicate' } } });
  story.say('wire', 'lifted', { fault: 'd' });
  const model = drawn(story.rows);
  const { xs, width } = placeLanes(model.lanes.list(), 900, new Map());
  const [entry] = model.entries.all();
  const [, , reach, ...strips] = groundOf(entry, placed(model).spanOf(entry), { xs, width, bottom: 400 });
  const x = strips.map(([, { x: left }]) => left);
  equal([reach[1].class, reach[1].x, reach[1].x + reach[1].width], ['sd-reach', Math.min(...x), Math.max(...x) + 24]);
});

test('a message that was long under way between two tabs keeps its whole name', () => {
  const story = createStory();
  story.say('tab alice/1', 'tab_message', { tab: 'alice/1', did: 'sent', message: 't', payload: '{"body":{"kind":"made","entry":{"mutationId":27}}}' });
  for (let n = 1; n <= 5; n += 1) story.put('alice/1', 'x', `o${n}`);
  story.say('tab alice/2', 'tab_message', { tab: 'alice/2', did: 'received', message: 't' });
  const model = drawn(story.rows);
  const { xs, width } = placeLanes(model.lanes.list(), 300, new Map());
  const entry = model.entries.of(1);
  const stage = { xs, width, bottom: 400, lifelines: [...xs.values()], room: createRoom(), measure: (text) => text.length * 8, yOf: () => 0 };
  const [, top] = shapeOf(entry, placed(model).spanOf(entry), stage, false);
  equal(top.slice(2).filter(([name]) => name === 'text').map(([, , text]) => text)[0], 'm27 pending');
});

test('a picture stands alone, and nothing that was recorded becomes markup', () => {
  const story = createStory();
  story.put('alice/1', '</text><script>alert(1)</script>&', 'o1');
  story.post('alice/1', 7, { id: 'o1' });
  const model = drawn(story.rows);
  const geometry = placeLanes(model.lanes.list(), 900, new Map());
  const text = createPicture(model, () => true, 'order', geometry, (each) => each.length * 6, { title: 'a <b> & "c"' });
  const picture = new DOMParser().parseFromString(text, 'image/svg+xml');
  equal(picture.querySelectorAll('parsererror, script').length, 0);
  ok([...picture.querySelectorAll('text')].some(({ textContent }) => textContent.includes('</text><')), 'word for word');
  ok(picture.querySelector('style').textContent.includes('prefers-color-scheme: dark'), 'its style inside');
  equal(picture.querySelector('title').textContent, 'a <b> & "c"');
  const part = createPicture(model, () => true, 'order', geometry, (each) => each.length * 6, { from: 2 });
  ok(!part.includes('alert'), 'a part of it');
});
