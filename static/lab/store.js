/** The latest that is known: what the lab's server said, and where the reader stands in it. Draws nothing. */

/** @returns {import('./types.js').LabState} */
const empty = () => ({
  mode: 'free', driver: 'panes', busy: '', in_flight: [], timers: [], faults: [], tabs: [], servers: [], redis: null,
  not_repeatable: [], scenario: null, bug: null, verdict: null, recording: false, records: 0,
});

export const createStore = () => {
  /** @type {Map<string, Set<() => void>>} */
  const listeners = new Map();

  const store = {
    /** @type {'connecting' | 'live' | 'gone' | 'refused'} */ connection: 'connecting',
    /** @type {import('./types.js').Hello | null} */ hello: null,
    /** @type {number} */ run: 0,
    /** @type {any} */ header: {},
    /** @type {import('./types.js').Scenario | null} */ scenario: null,
    /** @type {import('./types.js').Row[]} */ rows: [],
    state: empty(),
    /** The record up to which everything is shown; null is live. @type {number | null} */ cursor: null,
    /** The record that is looked at. @type {number | null} */ selected: null,
    /** What Enter and X act on, of what is in flight: `m:7`, `t:alice/1 heartbeat`. */ current: '',
    /** Whom a fault is done to: '' is everybody. */ target: '',
    /** @type {'order' | 'time'} */ axis: 'order',
    redisUnfolded: false,

    /** @param {string} names  separated by spaces @param {() => void} listener */
    on(names, listener) {
      for (const name of names.split(' ')) {
        if (!listeners.has(name)) listeners.set(name, new Set());
        listeners.get(name)?.add(listener);
      }
    },
    /** @param {string} name */
    tell(name) {
      for (const listener of listeners.get(name) ?? []) listener();
    },
    /** @param {string} name @param {any} value */
    set(name, value) {
      if (store[name] === value) return;
      store[name] = value;
      store.tell(name);
    },

    /** A new trace begins. */
    reset({ run, header, scenario }) {
      Object.assign(store, { run, header, scenario, rows: [], cursor: null, selected: null });
      for (const name of ['reset', 'cursor', 'selected']) store.tell(name);
    },
    /** @param {import('./types.js').Row[]} rows */
    append(rows) {
      // After a reconnect the server may tell again what is known.
      const fresh = rows.filter(([i]) => i >= store.rows.length);
      if (fresh.length === 0) return [];
      // Record 0 is the header, which came with the reset; a row stands at its own number.
      if (store.rows.length === 0 && fresh[0][0] === 1) fresh.unshift([0, 0, 'driver', 'header', `${store.header.scenario ?? 'the run'} began`, store.header]);
      store.rows.push(...fresh);
      store.tell('records');
      return fresh;
    },

    get held() {
      return store.state.mode === 'held';
    },
    /** Why nothing can be done in this world any more, or nothing. Real tabs are closed when they are judged. */
    get ended() {
      const { driver, busy, verdict } = store.state;
      return driver === 'tabs' && !busy && verdict?.final ? 'this run in real tabs has ended; reset, or open a scenario' : '';
    },
    /** The last record that is shown. */
    get at() {
      return store.cursor ?? store.rows.length - 1;
    },
    get scrubbing() {
      return store.cursor !== null;
    },
  };
  return store;
};

/** @typedef {ReturnType<typeof createStore>} Store */
