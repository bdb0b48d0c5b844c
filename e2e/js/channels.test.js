import { createChannels } from '/static/sdk/channels.js';
import { equal, test } from './harness.js';

const subscriber = () => ({ handler() {}, hooks: {} });
const event = (offset, epoch = 'e1') => ({
  kind: 'event',
  event: { channel: 'c', event: 'created', payload: null, epoch, offset },
});
const subscribed = (offset, recovered = true, epoch = 'e1') => ({
  kind: 'subscribed', channel: 'c', position: { epoch, offset }, recovered,
});
const positionNow = (offset, epoch = 'e1') => ({ kind: 'position', channel: 'c', position: { epoch, offset } });

/** What is told, shortly: `5` is the event with that offset. */
const told = (news) => news.map((one) => (one.tell === 'event' ? one.event.offset : one.reason ?? one.tell));

/** A channel that is live at an offset. */
const at = (offset) => {
  const channels = createChannels();
  channels.add('c', subscriber());
  channels.asked();
  channels.receive(subscribed(offset));
  return channels;
};

test('events come through in their order and move the position', () => {
  const channels = at(4);
  equal([5, 6, 7].flatMap((offset) => told(channels.receive(event(offset)))), [5, 6, 7]);
  equal(channels.position('c'), { epoch: 'e1', offset: 7 });
});

test('an event that was heard before is not told again', () => {
  const channels = at(4);
  equal([5, 5, 4, 6, 5].flatMap((offset) => told(channels.receive(event(offset)))), [5, 6]);
});

test('an event that leaves a gap says so before it is told', () => {
  const channels = at(4);
  equal(told(channels.receive(event(7))), ['gap', 7]);
  equal(told(channels.receive(event(8))), [8]);
});

test('an event of another epoch says so before it is told', () => {
  const channels = at(4);
  equal(told(channels.receive(event(2, 'e2'))), ['epoch', 2]);
  equal(channels.position('c'), { epoch: 'e2', offset: 2 });
});

test('a position ahead of ours means a loss, our own or an older one does not', () => {
  const channels = at(4);
  equal(told(channels.receive(positionNow(4))), []);
  equal(told(channels.receive(positionNow(3))), []);
  equal(told(channels.receive(positionNow(6))), ['behind']);
  equal(told(channels.receive(event(6))), []);
  equal(told(channels.receive(event(7))), [7]);
});

test('a position of another epoch means a loss even if its offset is lower', () => {
  equal(told(at(4).receive(positionNow(1, 'e2'))), ['behind']);
});

test('after a loss of the socket it resumes from the last event heard', () => {
  const channels = at(4);
  channels.receive(event(5));
  channels.lost();
  equal(channels.wanted(), [['c', { epoch: 'e1', offset: 5 }]]);
  equal(told(channels.asked()), []);
  equal(told(channels.receive(subscribed(5))), ['subscribed']);
  equal([6, 7].flatMap((offset) => told(channels.receive(event(offset)))), [6, 7]);
});

test('an answer that is not recovered is a resync, asked for or not', () => {
  const channels = at(4);
  equal(told(channels.receive(subscribed(9, false))), ['not-recovered', 'subscribed']);
  equal(told(channels.receive(event(9))), []);
  equal(told(channels.receive(event(10))), [10]);
});

test('an answer that claims to resume from further on than we are is a resync', () => {
  const channels = at(4);
  channels.lost();
  equal(told(channels.receive(subscribed(6))), ['gap', 'subscribed']);
});

test('an event of a subscription that was given up is not told to the next one', () => {
  const channels = at(4);
  channels.remove('c', [...channels.subscribers('c')][0]);
  channels.add('c', subscriber());
  equal(told(channels.receive(event(5))), [], 'before the answer to the new one');
  equal(told(channels.receive(subscribed(6))), ['subscribed']);
  equal(told(channels.receive(event(7))), [7]);
});

test('a server without positions cannot resume: a second socket is a resync', () => {
  const channels = createChannels();
  channels.add('c', subscriber());
  equal(told(channels.asked()), []);
  const plain = { kind: 'event', event: { channel: 'c', event: 'created', payload: null } };
  equal(channels.receive(plain).length, 1);
  channels.lost();
  equal(told(channels.asked()), ['no-position']);
});

test('a channel that nobody wants hears nothing', () => {
  const channels = at(4);
  const [only] = channels.subscribers('c');
  equal([channels.add('c', subscriber()), channels.remove('c', only)], [false, false]);
  equal(channels.remove('c', [...channels.subscribers('c')][0]), true);
  equal([told(channels.receive(event(5))), told(channels.receive(positionNow(5)))], [[], []]);
  equal([channels.position('c'), channels.isLive('c'), channels.wanted()], [null, false, []]);
});
