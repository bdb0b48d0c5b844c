import { changes } from '/static/lab/changes.js';
import { readLink } from '/static/lab/codec.js';
import { el, keepList } from '/static/lab/dom.js';
import { createOrder, layOut } from '/static/lab/layout.js';
import { createRecorded } from '/static/lab/recorded.js';
import { linked } from '/static/lab/verdict.js';
import { equal, ok, test } from './harness.js';

const TABS = ['alice/1', 'alice/2', 'bob/1', 'carol/1'];

test('four tabs and two servers fit beside the panels at 1280', () => {
  const { lanes, width } = layOut({ tabs: TABS, servers: ['server a', 'server b'], width: 1280 - 326 });
  ok(width <= 1280 - 326, 'without scrolling sideways');
  equal(lanes.map(({ id }) => id), [...TABS, 'server a', 'server b']);
});

test('no two heads overlap, and each lane hangs under the middle of its head', () => {
  for (const width of [300, 900, 2400]) {
    const { lanes, width: whole } = layOut({ tabs: TABS, servers: ['server a', 'redis'], width });
    lanes.slice(1).forEach((lane, i) => ok(lane.x - lane.width / 2 >= lanes[i].x + lanes[i].width / 2, `${lane.id} at ${width}`));
    const last = lanes[lanes.length - 1];
    ok(last.x + last.width / 2 <= whole, 'the last one is inside');
  }
});

test('tabs stand by profile, and by number within it, and a profile keeps its place', () => {
  const inOrder = createOrder();
  const tabs = [['bob', 1], ['alice', 2], ['alice', 10], ['alice', 1]].map(([profile, number]) => ({ profile, number }));
  equal(inOrder(tabs).map(({ profile, number }) => `${profile}/${number}`), ['bob/1', 'alice/1', 'alice/2', 'alice/10']);
  const later = [{ profile: 'alice', number: 1 }, { profile: 'carol', number: 1 }, { profile: 'bob', number: 2 }];
  equal(inOrder(later).map(({ profile }) => profile), ['bob', 'alice', 'carol']);
});

test('what changed between two views is what came, what went and which fields are others', () => {
  const before = [{ id: 'a', title: 'tea #o1', version: 1 }, { id: 'b', title: 'milk' }];
  const after = [{ id: 'a', title: 'tea #o1', version: 2 }, { id: 'c', title: 'rum', version: 1 }];
  equal(changes(before, after), [
    { id: 'a', did: 'changed', title: 'tea', what: 'version: 1 → 2' },
    { id: 'c', did: 'added', title: 'rum', what: 'v1' },
    { id: 'b', did: 'gone', title: 'milk', what: '' },
  ]);
  equal(changes(before, before), []);
});

const view = (i, tab, items = []) => [i, i, tab, 'view', '', { tab, items }];

test('what a tab showed is found for any place in the record', () => {
  const recorded = createRecorded();
  recorded.append([view(3, 'alice/1'), view(5, 'bob/1'), view(9, 'alice/1')]);
  equal([2, 3, 8, 9, 99].map((i) => recorded.view('alice/1', i)?.[0] ?? null), [null, 3, 3, 9, 9]);
  equal(recorded.viewBefore(view(9, 'alice/1'))[0], 3);
  equal(recorded.tabs(), ['alice/1', 'bob/1']);
  recorded.reset();
  equal(recorded.view('alice/1', 99), undefined);
});

const packed = async (text) => {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return `#s=${btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
};
const refusal = (hash) => readLink(hash).then(() => 'read', ({ message }) => message);

test('a link carries a whole scenario, and another address carries none', async () => {
  const scenario = { syncbed: 1, title: 'ü → x', profiles: { alice: {} }, steps: [{ do: 'settle' }] };
  equal(await readLink(await packed(JSON.stringify(scenario))), scenario);
  equal(await readLink('#help'), null);
});

test('a link that holds something else says what is wrong with it', async () => {
  equal(await refusal('#s=a b'), 'its letters are not those of a link');
  equal(await refusal(await packed('[]')), 'it holds no scenario');
  equal(await refusal(await packed('{"syncbed":2}')), 'it is of another version of the format');
  equal(await refusal(await packed('{"syncbed":1,"profiles":{}}')), 'it has no steps');
  ok((await refusal('#s=AAAA')) !== 'read', 'no deflate at all');
});

test('a link that would unfold into megabytes is refused while it unfolds', async () => {
  equal(await refusal(await packed(' '.repeat(4_000_000))), 'it unfolds to more than 512 kB');
});

test('an iframe stays in its document while others come and go around it', async () => {
  const parent = el('div');
  document.body.append(parent);
  let made = 0;
  const list = keepList(parent, ({ key }) => key, ({ key }) => {
    made += 1;
    return { root: key === 'frame' ? el('iframe', { srcdoc: '<p>x</p>' }) : el('p', { text: key }), update() {} };
  });
  list.show([{ key: 'frame' }]);
  const frame = parent.querySelector('iframe');
  await new Promise((resolve) => frame.addEventListener('load', resolve));
  const inside = frame.contentDocument;
  list.show([{ key: 'a' }, { key: 'frame' }, { key: 'b' }]);
  list.show([{ key: 'a' }, { key: 'c' }, { key: 'frame' }]);
  ok(frame.contentDocument === inside, 'the document is the same');
  equal([...parent.children].map((child) => child.textContent || child.localName), ['a', 'c', 'iframe']);
  equal(made, 4);
});

test('numbers of records in a text become ways to them, and markup stays text', () => {
  const went = [];
  const parts = linked('sent <b>again</b> (#12) after #9', (i) => went.push(i));
  const root = el('p', {}, ...parts);
  equal(root.textContent, 'sent <b>again</b> (#12) after #9');
  root.querySelectorAll('button').forEach((button) => button.click());
  equal(went, [12, 9]);
});
