/**
 * A test is a sentence and a function. `run` runs one of them and says what went wrong, or null.
 *
 * There is no sleep: `until` waits for something to be so, and fails with the name of what it waited for.
 * Everything a test opens it gives to `afterwards`, so that a failing test leaves nothing behind either.
 */

/** @type {Map<string, () => unknown>} */
const tests = new Map();
/** @type {(() => unknown)[]} */
let undone = [];

export const test = (name, fn) => {
  if (tests.has(name)) throw new Error(`two tests are called '${name}'`);
  tests.set(name, fn);
};

/** Run after the test, last one first. Gives `undo` back. */
export const afterwards = (undo) => {
  undone.push(undo);
  return undo;
};

const show = (value) => JSON.stringify(value, (_, part) => (part === undefined ? '(undefined)' : part), 1);

/** Objects equal others with the same members, in any order. */
const canonical = (value) => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, canonical(value[key])]));
};

export const equal = (actual, expected, what = 'the value') => {
  const [is, should] = [show(canonical(actual)), show(canonical(expected))];
  if (is !== should) throw new Error(`${what} is\n${is}\nand should be\n${should}`);
};

export const ok = (value, what = 'the condition') => {
  if (!value) throw new Error(`${what} does not hold`);
};

/** @returns the error */
export const rejects = async (promise, what = 'the promise') => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} should have been rejected`);
};

export const throws = (fn, what = 'the call') => {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error(`${what} should have thrown`);
};

/** A moment in which everything else may happen: a tighter loop would starve the network's events. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Wait until `predicate` gives something truthy, and give it. */
export const until = async (predicate, { what = predicate.toString(), ms = 4000 } = {}) => {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await predicate();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await turn();
  }
};

const TEST_MS_MAX = 10_000;

/** A promise that nobody settles would hang the whole run. */
const tooLong = () =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not through after ${TEST_MS_MAX} ms`)), TEST_MS_MAX);
  });

/** @returns {Promise<string | null>} the stack of what went wrong */
export const run = async (name) => {
  const fn = tests.get(name);
  if (!fn) return `there is no test called '${name}', only: ${[...tests.keys()].join(' | ')}`;
  let failure = null;
  try {
    await Promise.race([fn(), tooLong()]);
  } catch (error) {
    failure = `${error?.stack ?? error}`;
  }
  for (const undo of undone.reverse()) await undo();
  undone = [];
  return failure;
};
