/**
 * Rows to entries: which kind of record is drawn how. Pure and incremental.
 */

import { createCommits } from './commits.js';
import { createEntries } from './entries.js';
import { createFaults } from './faults.js';
import { createLanes } from './lanes.js';
import { createMessages } from './messages.js';
import { createOps } from './ops.js';
import { KIND, REST, short, TOLD } from './rows.js';
import { createViews } from './views.js';

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./entries.js').Tone} Tone */

/** @type {Record<string, Tone>} */
const STATE_TONES = { connected: 'good', connecting: 'wait', reconnecting: 'wait', disconnected: 'quiet' };
/** @type {Record<string, Tone>} */
const LIFE_TONES = { crashed: 'bad', frozen: 'wait', hidden: 'wait' };
const CLOSED_QUIETLY = new Set(['answered', 'browser fin', 'wire stopped', '']);
const STEPS_NOT_DRAWN = new Set(['wait', 'expect', 'settle', 'put', 'remove', 'read', 'publish', 'call', 'connect', 'disconnect', 'add_rule', 'remove_rule', 'heal', 'deliver', 'advance']);

export const createModel = () => {
  const entries = createEntries();
  const lanes = createLanes();
  const ops = createOps(entries, lanes);
  const commits = createCommits(entries, lanes);
  const messages = createMessages(entries, lanes, commits, ops);
  const faults = createFaults(entries, lanes);
  const views = createViews(ops);
  /** @type {Row[]} */
  let rows = [];
  let header = {};
  /** @type {Map<string, string>} */
  let states = new Map();
  /** @type {Set<string>} the connections that are WebSockets */
  let sockets = new Set();

  /** @param {Row} row @param {string} tab @param {string} label @param {string} category @param {Partial<import('./entries.js').Entry>} [more] */
  const atTab = (row, tab, label, category, more = {}) =>
    entries.mark(row[0], { lane: lanes.tab(tab), tab, label, category, ...more });

  /** @type {Record<string, (row: Row) => unknown>} */
  const drawn = {
    frame: messages.frame,
    tab_message: messages.sibling,
    invoke: ops.invoked,
    ok: ops.ended,
    fail: ops.ended,
    info: ops.ended,
    commit: commits.read,
    fault: faults.began,
    receipt: faults.acted,
    lifted: faults.lifted,
    view(row) {
      const { category, ...told } = views.told(row[REST]);
      atTab(row, row[REST].tab, told.label, category, told);
    },
    state(row) {
      const { tab, state, reason } = row[REST];
      const why = reason && state !== 'connected' && reason !== 'connect' ? ` · ${short(reason, 22)}` : '';
      const isSame = states.get(tab) === state;
      states.set(tab, state);
      atTab(row, tab, `${state}${why}`, isSame ? 'same' : 'state', { tone: STATE_TONES[state] ?? 'quiet' });
    },
    tab(row) {
      const { tab, did } = row[REST];
      if (did === 'reloaded' || did === 'opened') views.forget(tab);
      atTab(row, tab, did, 'life', { tone: LIFE_TONES[did] ?? 'quiet' });
    },
    subscribed(row) {
      const { tab, channel, offset, reason } = row[REST];
      const isNew = reason === 'new' || reason === '';
      const from = offset === undefined || offset === null ? '' : ` after ${offset}`;
      atTab(row, tab, isNew ? `follows ${channel}${from}` : `resync ${channel}: ${short(reason ?? '', 18)}`, isNew ? 'handed' : 'state', { tone: isNew ? 'quiet' : 'wait', channel });
    },
    event(row) {
      const { tab, name, channel, offset, entity_id: id, mutation_id: mutation } = row[REST];
      atTab(row, tab, `handed ${name} ${offset ?? id ?? ''}`.trim(), 'handed', { tone: 'quiet', channel, mutation: `${mutation ?? ''}` });
    },
    connection(row) {
      const { did, tab, how = '', code, rule, connection } = row[REST];
      if (did === 'websocket') sockets.add(connection);
      const isSocket = sockets.has(connection);
      if (did === 'stalled' || did === 'silenced' || did === 'resumed') messages.stalled(row);
      // What becomes of a request's connection is told by its arrows.
      const isQuiet = did === 'opened' || did === 'websocket' || did === 'closing' ||
        (did === 'closed' && (!isSocket || (CLOSED_QUIETLY.has(how) && !rule)));
      const what = isSocket ? 'socket' : 'connection';
      const words = {
        closed: `${what} ${how === 'cut' ? 'cut' : `closed · ${short(how, 20)}`}`, silenced: `${what} silenced`,
        stalled: `${what} stalled`, resumed: `${what} goes on`, refused: 'connection refused',
      };
      const label = words[/** @type {keyof typeof words} */ (did)] ?? `connection ${did}${code ? ` ${code}` : ''}`;
      if (!tab || tab.endsWith('/unknown')) {
        if (isQuiet || !tab) return;
      }
      atTab(row, tab, label, isQuiet ? 'connection' : 'state', { tone: did === 'resumed' ? 'quiet' : isQuiet ? 'quiet' : 'bad', rule: rule ?? '' });
    },
    choice(row) {
      const { does, what = '', by_ms: byMs } = row[REST];
      if (does === 'advance') return void entries.line(row[0], { category: 'choice', label: `time moved ${byMs} ms`, tone: 'quiet' });
      const named = messages.named(what);
      if (does === 'deliver' && named) return void entries.touch(named, row[0]);
      if (does === 'fire') {
        const [tab, name] = /^(\S+\/\d+)\s+(.*)$/.exec(what)?.slice(1) ?? ['', what];
        if (tab) return void atTab(row, tab, `timer fired · ${short(name, 20)}`, 'choice', { tone: 'wait' });
        return void entries.line(row[0], { category: 'choice', label: `fired ${short(what, 40)}`, tone: 'quiet' });
      }
      entries.line(row[0], { category: 'choice', label: `${does.replaceAll('_', ' ')} ${short(named?.label ?? what, 40)}`, tone: 'quiet' });
      return undefined;
    },
    heal(row) {
      faults.healed(row);
      entries.line(row[0], { category: 'line', label: 'healed', tone: 'good' });
    },
    settled(row) {
      const { reached, took_ms: took, missing } = row[REST];
      entries.line(row[0], { category: 'line', label: reached ? `settled after ${Math.round(took ?? 0)} ms` : `did not settle: ${short(missing ?? '', 60)}`, tone: reached ? 'good' : 'bad' });
    },
    stopped: (row) => entries.line(row[0], { category: 'line', label: short(row[TOLD], 80), tone: 'bad', strong: true }),
    expectation(row) {
      const { met, tab, expected, that } = row[REST];
      const label = `${met ? '✓' : '✗'} ${short(expected || that, 60)}`;
      const more = { tone: /** @type {Tone} */ (met ? 'good' : 'bad'), strong: !met, note: row[REST].found ?? '' };
      if (tab) atTab(row, tab, short(met ? '✓ as expected' : `✗ expected: ${(expected || that).replace(`${tab} `, '')}`, 44), met ? 'met' : 'expectation', more);
      else entries.line(row[0], { category: met ? 'met' : 'expectation', label, ...more });
    },
    step(row) {
      const does = row[REST].does ?? {};
      const isDrawn = !STEPS_NOT_DRAWN.has(does.do);
      entries.line(row[0], { category: isDrawn && does.do === 'pause' ? 'line' : 'step', label: does.do === 'pause' ? short(does.text ?? 'paused', 200) : short(row[TOLD], 90), tone: 'quiet' });
    },
    broadcast(row) {
      entries.mark(row[0], { lane: lanes.servers()[0] ?? lanes.server('a'), category: 'log', tone: 'quiet', label: `broadcast ${row[REST].event} ${row[REST].offset}`, channel: row[REST].channel });
    },
    bypass: (row) => entries.line(row[0], { category: 'line', label: short(row[TOLD], 80), tone: 'bad' }),
    note: (row) => entries.line(row[0], { category: 'note', label: short(row[TOLD], 80), tone: 'quiet' }),
    log_read: (row) => entries.line(row[0], { category: 'log', label: short(row[TOLD], 80), tone: 'quiet' }),
    snapshot: (row) => entries.line(row[0], { category: 'log', label: short(row[TOLD], 80), tone: 'quiet' }),
    clock: (row) => entries.line(row[0], { category: 'clock', label: short(row[TOLD], 80), tone: 'quiet' }),
  };

  return {
    /** @param {any} given the header of the trace */
    reset(given) {
      [rows, header, states, sockets] = [[], given ?? {}, new Map(), new Set()];
      for (const part of [entries, ops, commits, messages, faults, views]) part.reset();
      lanes.reset(header);
    },
    /** @param {Row[]} more */
    append(more) {
      for (const row of more) {
        rows[row[0]] = row;
        if (row[KIND] === 'header') {
          if (rows.length === 1) lanes.reset(row[REST]);
        } else drawn[row[KIND]]?.(row);
      }
    },
    rows: () => rows,
    messageNamed: messages.named,
    entries,
    lanes,
  };
};

/** @typedef {ReturnType<typeof createModel>} Model */
