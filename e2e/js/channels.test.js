import { createChannels } from '/static/sdk/channels.js';
import { equal, test } from './harness.js';

const event = (offset, epoch = 'e1') => ({ channel: 'c', event: 'created', payload: null, epoch, offset });
const subscribed = (offset, recovered = true, epoch = 'e1') => ({ type: 'subscribed', channel: 'c', epoch, offset, recovered });
const positionNow = (offset, epoch = 'e1') => ({ type: 'position', channel: 'c', epoch, offset });

/** A channel with a subscriber; `told` gives what it was told since the last time, shortly: `5` is the event with that offset. */
const open = () => {
  const channels = createChannels();
  let news = [];
  const add = () =>
    channels.add('c', ({ offset }) => news.push(offset ?? 'event'), {
      onSubscribed: () => news.push('subscribed'),
      onResync: (_, __, reason) => news.push(reason),
    });
  const told = (...frames) => {
    frames.forEach(channels.receive);
    const all = news;
    news = [];
    return all;
  };
  return { channels, add, told, remove: add() };
};

/** It is live at an offset. */
const at = (offset) => {
  const opened = open();
  opened.channels.asked();
  opened.told(subscribed(offset));
  return opened;
};

test('events come through in their order and move the position', () => {
  const { channels, told } = at(4);
  equal(told(event(5), event(6), event(7)), [5, 6, 7]);
  equal(channels.position('c'), { epoch: 'e1', offset: 7 });
});

test('an event that was heard before is not told again', () => {
  equal(at(4).told(...[5, 5, 4, 6, 5].map((offset) => event(offset))), [5, 6]);
});

test('an event that leaves a gap says so before it is told', () => {
  const { told } = at(4);
  equal(told(event(7)), ['gap', 7]);
  equal(told(event(8)), [8]);
});

test('an event of another epoch says so before it is told', () => {
  const { channels, told } = at(4);
  equal(told(event(2, 'e2')), ['epoch', 2]);
  equal(channels.position('c'), { epoch: 'e2', offset: 2 });
});

test('a position ahead of ours means a loss, our own or an older one does not', () => {
  const { told } = at(4);
  equal(told(positionNow(4)), []);
  equal(told(positionNow(3)), []);
  equal(told(positionNow(6)), ['behind']);
  equal(told(event(6)), []);
  equal(told(event(7)), [7]);
});

test('a position of another epoch means a loss even if its offset is lower', () => {
  equal(at(4).told(positionNow(1, 'e2')), ['behind']);
});

test('after a loss of the socket it resumes from the last event heard', () => {
  const { channels, told } = at(4);
  told(event(5));
  channels.lost();
  equal(channels.wanted(), [['c', { epoch: 'e1', offset: 5 }]]);
  channels.asked();
  equal(told(), []);
  equal(told(subscribed(5)), ['subscribed']);
  equal(told(event(6), event(7)), [6, 7]);
});

test('an answer that is not recovered is a resync, asked for or not', () => {
  const { told } = at(4);
  equal(told(subscribed(9, false)), ['not-recovered', 'subscribed']);
  equal(told(event(9)), []);
  equal(told(event(10)), [10]);
});

test('an answer that claims to resume from further on than we are is a resync', () => {
  const { channels, told } = at(4);
  channels.lost();
  equal(told(subscribed(6)), ['gap', 'subscribed']);
});

test('an event of a subscription that was given up is not told to the next one', () => {
  const { add, remove, told } = at(4);
  remove();
  add();
  equal(told(event(5)), [], 'before the answer to the new one');
  equal(told(subscribed(6)), ['subscribed']);
  equal(told(event(7)), [7]);
});

test('a server without positions cannot resume: a second socket is a resync', () => {
  const { channels, told } = open();
  channels.asked();
  equal(told(), []);
  equal(told({ channel: 'c', event: 'created', payload: null }), ['event']);
  channels.lost();
  channels.asked();
  equal(told(), ['no-position']);
});

test('a channel that nobody wants hears nothing', () => {
  const { channels, add, remove, told } = at(4);
  const removeOther = add();
  equal([remove(), remove(), channels.has('c'), removeOther()], [false, false, true, true]);
  equal(told(event(5), positionNow(5)), []);
  equal([channels.position('c'), channels.isLive('c'), channels.wanted(), channels.has('c')], [null, false, [], false]);
});
