/**
 * The page's time. While it flows, timers fire when they are due, as ever. Held, `Date` and
 * `performance.now` stand still, and timers wait, each under a name, until someone moves the time and fires
 * them. An animation frame is due 16 ms after it was asked for, an idle callback at once.
 *
 * A timer's name says who set it, and which of those it is: `mutations.js awaitEvent #1`. Functions that
 * only pass a timer on (`setTimer`, `sleep`, `debounce`) are looked through. Numbers count from the hold on.
 *
 * Not reached from here: workers, CSS animations, `event.timeStamp`, `scheduler.postTask`.
 */
(bed) => {
  const real = Object.fromEntries(
    ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame', 'requestIdleCallback',
      'cancelIdleCallback'].map((name) => [name, globalThis[name]?.bind(globalThis)]),
  );
  const RealDate = Date;
  const realNow = performance.now.bind(performance);
  const FRAME_MS = 16;
  const NESTED_MAX = 5; // from this depth on a timer takes 4 ms (HTML, "timer initialization steps")
  const NESTED_MS = 4;

  let epoch = bed.epochMs ?? RealDate.now() - realNow();
  let heldAt = null;
  let ahead = 0;
  const time = () => heldAt ?? realNow() + ahead;
  const wallClock = () => Math.floor(epoch + time());

  const timers = new Map();
  const numbers = new Map();
  let ids = 0;
  let depth = 0;

  // Timers

  const WRAPPER = /^(set|start|arm|schedule|create)?_?(timer|timeout|interval|delay|sleep|wait|later|defer|debounce|throttle)s?$/i;
  const STACK_LINE = /^\s+at (?:async |new )*(?:(\S+)(?: \[as \S+\])? \()?(.*):(\d+):\d+\)?$/;

  /** The innermost function of the page's own on the stack that has a name and is more than a wrapper. */
  const whoSetIt = () => {
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = 20;
    const { stack } = new Error();
    Error.stackTraceLimit = before;
    let place = 'page';
    for (const line of String(stack).split('\n')) {
      const [, called, url, row] = STACK_LINE.exec(line) ?? [];
      if (url === undefined || url.endsWith('syncbed-held.js')) continue;
      const file = url.replace(/[?#].*/, '').split('/').pop() || 'page';
      if (place === 'page') place = `${file}:${row}`;
      const name = called?.split('.').pop();
      if (name && name !== '<anonymous>' && !WRAPPER.test(name)) return `${file} ${name}`;
    }
    return place;
  };

  const number = (label) => {
    numbers.set(label, (numbers.get(label) ?? 0) + 1);
    return `${label} #${numbers.get(label)}`;
  };

  const start = {
    timeout: (timer) => real.setTimeout(() => fire(timer), Math.max(0, Math.ceil(timer.due - time()))),
    frame: (timer) => real.requestAnimationFrame(() => fire(timer)),
    idle: (timer) => real.requestIdleCallback((deadline) => fire(timer, deadline), timer.options),
  };
  start.interval = start.timeout;
  const stop = { timeout: real.clearTimeout, frame: real.cancelAnimationFrame, idle: real.cancelIdleCallback };
  stop.interval = stop.timeout;

  const arm = (timer) => {
    if (heldAt === null) timer.native = start[timer.kind](timer);
  };

  const add = (kind, callback, ms, more = {}) => {
    ids += 1;
    const label = whoSetIt();
    const wait = Math.max(ms, depth >= NESTED_MAX ? NESTED_MS : 0);
    const timer = { id: ids, kind, callback, ms: wait, due: time() + wait, depth, label, name: number(label), ...more };
    timers.set(timer.id, timer);
    arm(timer);
    return timer.id;
  };

  const remove = (id) => {
    const timer = timers.get(Number(id));
    if (timer === undefined) return;
    timers.delete(timer.id);
    stop[timer.kind](timer.native);
  };

  const fire = (timer, deadline = { didTimeout: false, timeRemaining: () => FRAME_MS }) => {
    if (timer.kind === 'interval') {
      timer.depth += 1;
      timer.due = Math.max(time(), timer.due) + Math.max(timer.ms, timer.depth >= NESTED_MAX ? NESTED_MS : 1);
      arm(timer);
    } else {
      timers.delete(timer.id);
    }
    const given = { frame: [time()], idle: [deadline] }[timer.kind] ?? timer.given;
    depth = timer.depth + 1;
    try {
      if (typeof timer.callback === 'function') timer.callback.apply(globalThis, given);
      else (0, eval)(String(timer.callback)); // setTimeout takes a text too
    } catch (error) {
      reportError(error);
    } finally {
      depth = 0;
    }
  };

  // What the page sees

  const replace = (owner, name, value) => {
    Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
  };
  // `| 0` as Web IDL has it: Infinity and what does not fit 32 bits fire at once.
  replace(globalThis, 'setTimeout', (callback, ms, ...given) => add('timeout', callback, Math.max(0, ms | 0), { given }));
  replace(globalThis, 'setInterval', (callback, ms, ...given) => add('interval', callback, Math.max(1, ms | 0), { given }));
  replace(globalThis, 'requestAnimationFrame', (callback) => add('frame', callback, FRAME_MS));
  replace(globalThis, 'requestIdleCallback', (callback, options) => add('idle', callback, 0, { options }));
  for (const name of ['clearTimeout', 'clearInterval', 'cancelAnimationFrame', 'cancelIdleCallback']) {
    replace(globalThis, name, (id) => remove(id));
  }
  replace(AbortSignal, 'timeout', (ms) => {
    const late = new AbortController();
    setTimeout(() => late.abort(new DOMException('signal timed out', 'TimeoutError')), ms);
    return late.signal;
  });
  replace(performance, 'now', time);
  Object.defineProperty(performance, 'timeOrigin', { get: () => epoch, configurable: true });

  const dateNow = () => wallClock();
  const HeldDate = new Proxy(RealDate, {
    construct: (target, given, as) => Reflect.construct(target, given.length > 0 ? given : [wallClock()], as),
    apply: () => new RealDate(wallClock()).toString(),
    get: (target, key) => (key === 'now' ? dateNow : Reflect.get(target, key)),
  });
  replace(RealDate.prototype, 'constructor', HeldDate);
  Object.defineProperty(globalThis, 'Date', { value: HeldDate, writable: true, configurable: true });

  // What the bed does

  /** The machine's time, whatever the page believes. */
  bed.realNow = realNow;
  bed.realTimeout = real.setTimeout;

  const inOrder = () => [...timers.values()].sort((one, other) => one.due - other.due || one.id - other.id);
  const byAge = () => [...timers.values()].sort((one, other) => one.id - other.id);
  const renumber = () => {
    numbers.clear();
    for (const timer of byAge()) timer.name = number(timer.label);
  };

  /** Time stands still. Each timer's wait begins anew: how long the page took to get here must decide nothing. */
  bed.hold = () => {
    if (heldAt !== null) return;
    for (const timer of timers.values()) stop[timer.kind](timer.native);
    heldAt = Math.ceil(time());
    for (const timer of timers.values()) timer.due = heldAt + timer.ms;
    renumber();
    bed.remember({ held: true });
  };

  /** Time flows again, from where it stood. */
  bed.go = () => {
    if (heldAt === null) return;
    ahead = heldAt - realNow();
    heldAt = null;
    for (const timer of byAge()) arm(timer);
    bed.remember({ held: false });
  };

  bed.isHeld = () => heldAt !== null;

  /** Held timers, the first due first. */
  bed.timers = () =>
    heldAt === null ? [] : inOrder().map(({ name, due }) => ({ name, in_ms: Math.round((due - heldAt) * 1000) / 1000 }));

  /** Move held time on. Whatever becomes due by it is late, and still waits. */
  bed.move = ({ ms }) => {
    heldAt += ms;
  };

  /** Fire a held timer, by its name. */
  bed.fire = ({ name }) => {
    const timer = byAge().find((each) => each.name === name);
    if (timer === undefined) return false;
    fire(timer);
    return true;
  };

  /** As if time had just begun: for a page that is used for one run after the other. */
  bed.restartTime = (epochMs) => {
    const moved = time();
    epoch = epochMs;
    heldAt = 0;
    for (const timer of timers.values()) timer.due -= moved;
    renumber();
  };

  if (bed.held) bed.hold();
}
