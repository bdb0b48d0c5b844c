import { next, transitions } from '/static/sdk/transitions.js';
import { equal, ok, test, throws } from './harness.js';

const HAPPENINGS = ['connect', 'disconnect', 'wake', 'opened', 'closed', 'exhausted', 'due'];

// Written down a second time, by hand: rows are phases, columns are HAPPENINGS, '!' cannot happen.
const EXPECTED = {
  idle: ['connecting', 'idle', '!', '!', '!', '!', '!'],
  'gave-up': ['connecting', 'idle', 'connecting', '!', '!', '!', '!'],
  connecting: ['connecting', 'idle', 'connecting', 'connected', 'waiting', 'gave-up', '!'],
  connected: ['connected', 'idle', 'connected', '!', 'waiting', 'gave-up', '!'],
  waiting: ['trying', 'idle', 'trying', '!', '!', '!', 'trying'],
  trying: ['trying', 'idle', 'trying', 'connected', 'waiting', 'gave-up', '!'],
};

test('every phase takes every happening as the table says, or throws', () => {
  equal(Object.keys(transitions), Object.keys(EXPECTED));
  for (const [phase, row] of Object.entries(EXPECTED)) {
    HAPPENINGS.forEach((happening, column) => {
      if (row[column] === '!') throws(() => next(phase, happening), `${happening} while ${phase}`);
      else equal(next(phase, happening), row[column], `${happening} while ${phase}`);
    });
  }
});

test('an unknown phase or happening throws with both in the message', () => {
  ok(throws(() => next('connected', 'due')).message.includes("connected cannot take 'due'"));
  throws(() => next('asleep', 'connect'));
  throws(() => next('idle', 'nap'));
});

test('the application sees only these changes of state', () => {
  const seen = new Set();
  for (const { state, on } of Object.values(transitions)) {
    for (const to of Object.values(on)) {
      if (transitions[to].state !== state) seen.add(`${state} > ${transitions[to].state}`);
    }
  }
  equal([...seen].sort(), [
    'connected > disconnected',
    'connected > reconnecting',
    'connecting > connected',
    'connecting > disconnected',
    'connecting > reconnecting',
    'disconnected > connecting',
    'reconnecting > connected',
    'reconnecting > disconnected',
  ]);
});
