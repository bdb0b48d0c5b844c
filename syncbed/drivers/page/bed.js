/**
 * What the driver puts into every page before its first script: it steers `window.bed`, the adapter, and
 * reports what it says. Reports leave by a way of the driver's own (a binding of the browser's debugger, or the
 * link of a pane), never over the network under test; each carries this document's own count and clock, so
 * that a lost one is missed and order is never guessed.
 *
 * Every function of `__syncbed` takes one thing, and is called by its name. Time and chance are taken here,
 * before anybody replaces them.
 */
(tab) => {
  const clock = performance.now.bind(performance);
  const every = setInterval.bind(globalThis);
  const later = setTimeout.bind(globalThis);
  const RealDate = Date;
  const EARLY_MAX = 1000;
  /** Deferred scripts and modules have run by then. */
  const parsed = new Promise((resolve) => {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', resolve, { once: true });
    else resolve();
  });
  const early = []; // what is told before the bed has said which document this is
  let life = 0;
  let n = 0;
  let ticks = 0;
  let shown = '';

  const send = (report) => {
    n += 1;
    (tab.report ?? globalThis.__syncbed_report)(JSON.stringify({ ...report, life, n }));
  };

  const report = (kind, details = {}) => {
    const told = { ...details, kind, at_ms: clock() };
    if (life > 0) send(told);
    else if (early.length < EARLY_MAX) early.push(told);
  };
  tab.tell = report;

  const adapter = () => (typeof globalThis.bed === 'object' ? globalThis.bed : null);

  const reportView = () => {
    const view = { items: bed.view(), pending: bed.pending() };
    const text = JSON.stringify(view);
    if (text === shown) return;
    shown = text;
    report('view', view);
  };

  const hear = (kind, details) => {
    if (kind === 'view') reportView();
    else if (kind !== 'acted') report(kind, details);
    // What the page's own user did: its `kind` is the act's.
    else report(kind, { op: details.id, act: details.kind, key: details.key, value: details.value });
  };

  const reason = (error) => String(error?.name && error.name !== 'Error' ? error.name : error?.message ?? error);

  const begin = (id, act) => {
    let outcome;
    try {
      outcome = Promise.resolve(act());
    } catch (error) {
      outcome = Promise.reject(error);
    }
    // Only a refusal that says so is certain; whatever else went wrong, it may have happened.
    outcome.then(
      (result) => report('ok', { op: id, result: result ?? null }),
      (error) => report(error?.definite === true ? 'fail' : 'info', { op: id, reason: reason(error) }),
    );
  };

  // Heard before any SDK hears it: how soon that acts on it is seen by one clock.
  for (const says of ['offline', 'online']) addEventListener(says, () => report('network', { says }));

  globalThis.__syncbed = {
    clock,
    /** What the adapter claims, once its scripts have run; null if the page has none. */
    async caps() {
      await parsed;
      return adapter() === null ? null : [...(bed.caps ?? [])];
    },
    /** Start the adapter, if there is one. `life` counts the documents that this tab has had. */
    async start({ life: document, url, profile, collection }) {
      life = document;
      early.splice(0).forEach(send);
      if (adapter() === null) return;
      bed.on(hear);
      await bed.open(url, profile, collection);
      reportView();
      const { state } = bed.status();
      report('state', { state, reason: 'opened by the bed' });
    },
    /** Do several acts in a row, without waiting in between. */
    act: (ops) => ops.forEach((op) => begin(op.id, () => bed.act(op))),
    call: ({ op, name }) => begin(op, () => bed[name]()),
    look: () => ({ items: bed.view(), pending: bed.pending(), ...bed.status() }),
    /** For held mode, whose script has put `__held` here. */
    held: ({ what, about }) => __held[what](about),
    /** When this document was born: another one says something else. */
    born: () => performance.timeOrigin,
    /** A timer's count: it stands still in a frozen page. */
    ticks() {
      if (ticks === 0) every(() => { ticks += 1; }, 10);
      return (ticks ||= 1);
    },
    ticked: (before) => new Promise((resolve) => {
      const look = () => (ticks > before ? resolve(true) : later(look, 5));
      look();
    }),
    busy({ fault, ms }) {
      later(() => {
        const from = clock();
        while (clock() - from < ms);
        report('was_busy', { fault, ms: clock() - from });
      });
    },
    /** Move this document's wall clock; timers and `performance.now()` go on as they were, as on a laptop. */
    jump(ms) {
      const before = Date.now() - clock();
      const Was = Date;
      const moved = () => Was.now() + ms;
      globalThis.Date = new Proxy(Was, {
        apply: () => new RealDate(moved()).toString(),
        construct: (_, given) => (given.length === 0 ? new RealDate(moved()) : new RealDate(...given)),
        get: (target, key) => (key === 'now' ? moved : target[key]),
      });
      return Date.now() - clock() - before;
    },
    becomes: (visibility) => new Promise((resolve) => {
      const look = () => document.visibilityState === visibility && resolve(visibility);
      document.addEventListener('visibilitychange', look);
      look();
    }),
  };
}
