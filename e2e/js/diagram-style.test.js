import { COLOURS } from '/static/lab/diagram/style.js';
import { ok, test } from './harness.js';

const light = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const check = (pairs, least) => {
  for (const [front, back] of pairs) {
    for (const theme of [0, 1]) {
      const found = contrast(COLOURS[front][theme], COLOURS[back][theme]);
      ok(found >= least, `${front} on ${back}, theme ${theme}: ${found.toFixed(2)} of ${least}`);
    }
  }
};

test('every text can be read on every ground it stands on, in both themes', () => {
  const tones = ['ink', 'quiet', 'sibling', 'good', 'wait', 'bad'];
  check(tones.flatMap((tone) => ['ground', 'panel', 'mark'].map((ground) => [tone, ground])), 4.5);
  check([['on-bad', 'bad'], ['on-token', 'token'], ['bad', 'bad-ground'], ['quiet', 'bad-ground']], 4.5);
});

test('every line and ring can be told from its ground, in both themes', () => {
  check([['plain', 'ground'], ['plain', 'bad-ground'], ['sibling', 'ground'], ['bad', 'bad-strip'], ['select', 'ground'], ['select', 'panel']], 3);
});
