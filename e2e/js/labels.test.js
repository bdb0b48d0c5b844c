import { wordsOf } from '/static/lab/diagram/labels.js';
import { equal, ok, test } from './harness.js';

test('every dialect is told in a few words, and as the prose of a report tells it', async () => {
  const vectors = await (await fetch('/e2e/js/labels.json')).json();
  ok(new Set(vectors.map(({ dialect }) => dialect)).size >= 5, 'several dialects');
  for (const { frame, label } of vectors) {
    const payload = JSON.stringify(frame);
    equal(wordsOf({ layer: 'ws', stage: 'frame', payload, size_bytes: payload.length }).label, label);
  }
});
