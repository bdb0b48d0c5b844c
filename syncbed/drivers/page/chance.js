/**
 * Chance comes from the seed: `Math.random`, `crypto.getRandomValues` and `crypto.randomUUID` give the same
 * in each run, and something else in each tab and each of its documents.
 */
(bed) => {
  /** sfc32 (C. Doty-Humphrey, PractRand), fed by a text through FNV-1a. */
  const chanceFrom = (text) => {
    let hash = 0x811c9dc5;
    for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193) >>> 0;
    let [a, b, c, count] = [hash, 0x9e3779b9, 0x243f6a88, 1];
    const next = () => {
      const sum = (a + b + count++) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + sum;
      return sum >>> 0;
    };
    for (let turn = 0; turn < 12; turn += 1) next();
    return next;
  };

  let next = () => 0;
  bed.seedChance = (seed) => {
    next = chanceFrom(`${seed} ${bed.tab} ${bed.document}`);
  };
  bed.seedChance(bed.seed);

  const replace = (owner, name, value) => {
    Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
  };
  const fill = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = next();
    return array;
  };

  replace(Math, 'random', () => next() / 2 ** 32);
  replace(Crypto.prototype, 'getRandomValues', function getRandomValues(array) {
    return fill(array);
  });
  if (typeof crypto.randomUUID === 'function') {
    replace(Crypto.prototype, 'randomUUID', function randomUUID() {
      const bytes = fill(new Uint8Array(16));
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    });
  }
}
