import { createListeners } from '/static/sdk/listeners.js';
import { equal, test } from './harness.js';

test('a listener that throws does not keep the others from hearing', () => {
  const errors = [];
  const heard = [];
  const listeners = createListeners((error) => errors.push(error.message));
  listeners.add(() => {
    throw new Error('mine');
  });
  listeners.add((word) => heard.push(word));
  listeners.tell('one');
  listeners.tell('two');
  equal([heard, errors], [['one', 'two'], ['mine', 'mine']]);
});

test('a listener that is removed in the middle of a round hears no more of it', () => {
  const heard = [];
  const listeners = createListeners();
  listeners.add(() => removeSecond());
  const removeSecond = listeners.add((word) => heard.push(word));
  listeners.tell('one');
  equal(heard, []);
});

test('what is told from within a listener is told after the round, to all in the same order', () => {
  const heard = [];
  const listeners = createListeners();
  listeners.add((word) => {
    if (word === 'one') listeners.tell('two');
  });
  listeners.add((word) => heard.push(word));
  listeners.tell('one');
  equal(heard, ['one', 'two']);
});
