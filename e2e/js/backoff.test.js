import { backoff } from '/static/sdk/backoff.js';
import { uuid } from '/static/sdk/clock.js';
import { equal, ok, test } from './harness.js';

const wait = (attempt, chance) => backoff(attempt, 1000, 30_000, chance);

test('the wait doubles up to the ceiling', () => {
  equal([1, 2, 3, 4, 5, 6, 7].map((attempt) => wait(attempt, 1)), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('half of the wait is chance, so that nobody comes back at once nor all together', () => {
  equal([0, 0.5, 1].map((chance) => wait(1, chance)), [500, 750, 1000]);
  equal([0, 0.5, 1].map((chance) => wait(3, chance)), [2000, 3000, 4000]);
});

test('the thousandth attempt waits no longer than the ceiling', () => {
  equal(wait(5000, 1), 30_000);
});

test('a uuid is one without a secure context too', () => {
  const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  ok(shape.test(uuid()), 'in a secure context');
  crypto.randomUUID = undefined;
  ok(shape.test(uuid()), 'without crypto.randomUUID');
  ok(uuid() !== uuid());
});
