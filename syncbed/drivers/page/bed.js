/**
 * What the driver puts into every page before its first script: it steers `window.bed`, the adapter, and
 * reports what it says. Reports leave by a binding of the browser's debugger, never over the network; each
 * carries this document's own count and clock, so that a lost one is missed and order is never guessed.
 *
 * Time and chance are taken here, before anybody replaces them.
 */
(() => {
  if (window !== window.top || globalThis.__syncbed) return;
  const clock = performance.now.bind(performance);
  const every = setInterval.bind(globalThis);
  const later = setTimeout.bind(globalThis);
  const RealDate = Date;
  let life = 0;
  let n = 0;
  let ticks = 0;
  let shown = '';

  const report = (kind, details = {}) => {
    n += 1;
    globalThis.__syncbed_report(JSON.stringify({ ...details, kind, life, n, at_ms: clock() }));
  };

  const reportView = () => {
    const view = { items: bed.view(), pending: bed.pending() };
    const text = JSON.stringify(view);
    if (text === shown) return;
    shown = text;
    report('view', view);
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

  globalThis.__syncbed = {
    clock,
    /** Start the adapter. `life` counts the documents that this tab has had. */
    async start(document, { url, profile, collection }) {
      if (typeof globalThis.bed !== 'object') throw new Error('the adapter page defines no window.bed');
      life = document;
      bed.on((kind, details) => (kind === 'view' ? reportView() : report(kind, details)));
      await bed.open(url, profile, collection);
      reportView();
      const { state } = bed.status();
      report('state', { state, reason: 'opened by the bed' });
    },
    /** Do several acts in a row, without waiting in between. */
    act: (ops) => ops.forEach((op) => begin(op.id, () => bed.act(op))),
    call: (id, name) => begin(id, () => bed[name]()),
    look: () => ({ items: bed.view(), pending: bed.pending(), ...bed.status() }),
    /** A timer's count: it stands still in a frozen page. */
    ticks() {
      if (ticks === 0) every(() => { ticks += 1; }, 10);
      return (ticks ||= 1);
    },
    ticked: (before) => new Promise((resolve) => {
      const look = () => (ticks > before ? resolve(true) : later(look, 5));
      look();
    }),
    busy(fault, ms) {
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
})();
