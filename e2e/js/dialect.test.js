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
  const event = { channel: 'orders', event: 'created', payload: { entity_id: '123' } };
  equal(parse(event), event);
});

test('an event of a server that knows positions has one', () => {
  const event = { channel: 'orders', event: 'created', payload: null, epoch: 'e1', offset: 7 };
  equal(parse(event), event);
});

test('answers to a subscription, position checks and pongs are frames as they are', () => {
  const position = { epoch: 'e1', offset: 42 };
  for (const frame of [
    { type: 'subscribed', channel: 'c', ...position, recovered: true },
    { type: 'position', channel: 'c', ...position },
    { type: 'pong' },
    { type: 'error', code: 40003, message: 'no' },
  ]) equal(parse(frame), frame);
});

test('a type of a later server is not an error', () => {
  equal(parse({ type: 'weather' }), { type: 'weather' });
});

test('what is not a frame is refused with a reason', () => {
  for (const text of ['', '{', '[]', 'null', '3', '{}', '{"type":"subscribed","channel":"c"}', '{"type":"position","epoch":"e","offset":1}', '{"channel":"c"}', '{"channel":"c","event":"e","offset":"1"}']) {
    throws(() => parseFrame(text), text);
  }
});
