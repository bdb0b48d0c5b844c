import { parseFrame, pingFrame, subscribeFrame, unsubscribeFrame } from '/static/sdk/dialects/broadcast.js';
import { equal, test, throws } from './harness.js';

const parse = (frame) => parseFrame(JSON.stringify(frame));

test('one subscribe frame names all channels, each with its position', () => {
  equal(JSON.parse(subscribeFrame([['orders', { epoch: 'e1', offset: 42 }], ['contacts', null]])), {
    subscribe: ['orders', 'contacts'],
    positions: { orders: { epoch: 'e1', offset: 42 }, contacts: null },
  });
});

test('a channel may be called __proto__', () => {
  equal(subscribeFrame([['__proto__', null]]), '{"subscribe":["__proto__"],"positions":{"__proto__":null}}');
});

test('unsubscribe and ping are the frames of the protocol', () => {
  equal(JSON.parse(unsubscribeFrame(['orders'])), { unsubscribe: ['orders'] });
  equal(JSON.parse(pingFrame()), { type: 'ping' });
});

test('an event of the original protocol has no position', () => {
  equal(parse({ channel: 'orders', event: 'created', payload: { entity_id: '123' } }), {
    kind: 'event',
    event: { channel: 'orders', event: 'created', payload: { entity_id: '123' } },
  });
});

test('an event of a server that knows positions has one', () => {
  equal(parse({ channel: 'orders', event: 'created', payload: null, epoch: 'e1', offset: 7 }).event, {
    channel: 'orders', event: 'created', payload: null, epoch: 'e1', offset: 7,
  });
});

test('answers to a subscription, position checks and pongs are told apart', () => {
  const position = { epoch: 'e1', offset: 42 };
  equal(parse({ type: 'subscribed', channel: 'c', ...position, recovered: true }), {
    kind: 'subscribed', channel: 'c', position, recovered: true,
  });
  equal(parse({ type: 'position', channel: 'c', ...position }), { kind: 'position', channel: 'c', position });
  equal(parse({ type: 'pong' }), { kind: 'pong' });
  equal(parse({ type: 'error', code: 40003, message: 'no' }), { kind: 'error', code: 40003, message: 'no' });
});

test('a type of a later server is not an error', () => {
  equal(parse({ type: 'weather' }), { kind: 'unknown', type: 'weather' });
});

test('what is not a frame is refused with a reason', () => {
  for (const text of ['', '{', '[]', 'null', '3', '{}', '{"type":"subscribed","channel":"c"}', '{"channel":"c"}']) {
    throws(() => parseFrame(text), text);
  }
});
