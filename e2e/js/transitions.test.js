import { next, stateOf, transitions } from '/static/sdk/transitions.js';
import { equal, test } from './harness.js';

const HAPPENINGS = ['connect', 'disconnect', 'wake', 'opened', 'closed', 'exhausted'];

// Written down a second time, by hand: rows are phases, columns are HAPPENINGS, '-' changes nothing.
const EXPECTED = {
  idle: ['connecting', '-', '-', '-', '-', '-'],
  'gave-up': ['connecting', 'idle', 'connecting', '-', '-', '-'],
  connecting: ['-', 'idle', '-', 'connected', 'waiting', 'gave-up'],
  connected: ['-', 'idle', '-', '-', 'waiting', 'gave-up'],
  waiting: ['trying', 'idle', 'trying', '-', '-', '-'],
  trying: ['-', 'idle', '-', 'connected', 'waiting', 'gave-up'],
};

test('every phase takes every happening as the table says, and what is not in it changes nothing', () => {
  equal(Object.keys(transitions), Object.keys(EXPECTED));
  for (const [phase, row] of Object.entries(EXPECTED)) {
    HAPPENINGS.forEach((happening, column) => {
      const expected = row[column] === '-' ? phase : row[column];
      equal(next(phase, happening), expected, `${happening} while ${phase}`);
    });
  }
});

test('the application sees only these changes of state', () => {
  const seen = new Set();
  for (const phase of Object.keys(transitions)) {
    for (const happening of HAPPENINGS) {
      const to = stateOf(next(phase, happening));
      if (to !== stateOf(phase)) seen.add(`${stateOf(phase)} > ${to}`);
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
