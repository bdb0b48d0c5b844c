/**
 * Frames and messages between tabs, as arrows: one a message, from its first sight to its end. Pure.
 */

import { mutationLabel, placeOf, siblingWords, wordsOf } from './labels.js';
import { headerIn, REST } from './rows.js';

/** @typedef {import('./entries.js').Entry} Entry */
/** @typedef {import('./rows.js').Row} Row */

/** What becomes of an arrow when the wire says so. */
const ENDS = {
  delivered: {},
  lost: { tone: 'bad' },
  dropped: { tone: 'bad' },
  failed: { tone: 'bad' },
  abandoned: { tone: 'quiet' },
};
/** @type {Partial<Entry>} */
const STILL = { did: 'stalled', tone: 'wait', note: 'its connection stands still' };
const WAITS = { held: { tone: 'wait' }, delayed: { tone: 'wait' } };
/** What is told beside it, and changes nothing. */
const NOTES = { answer_lost: 'its answer is lost', resent: 'sent again by the browser', duplicated: 'sent twice', reordered: 'let past others' };
/** What happens to one message of a living connection only if somebody makes it. */
const IMPOSSIBLE = { dropped: 'lost alone', duplicated: 'came twice', reordered: 'overtaken' };

/**
 * @param {import('./entries.js').Entries} entries
 * @param {import('./lanes.js').Lanes} lanes
 * @param {import('./commits.js').Commits} commits
 * @param {import('./ops.js').Ops} ops
 */
export const createMessages = (entries, lanes, commits, ops) => {
  /** @type {Map<string, Entry>} the arrow of each message, by its name */
  let arrows = new Map();
  /** @type {Map<string, Set<Entry>>} what is under way on a connection */
  let underWay = new Map();
  /** @type {Map<string, number>} how often each mutation was asked for */
  let asked = new Map();
  /** @type {Set<string>} the profiles that number their writes */
  let numbering = new Set();
  /** @type {Map<string, string>} connections that stand still -> the fault that did it */
  let still = new Map();
  /** @type {Map<string, Entry>} messages between tabs, by their id */
  let sent = new Map();
  /** @type {Map<string, Row[]>} received before we knew that it was sent */
  let early = new Map();

  /** @param {Row} row */
  const begin = (row) => {
    const [i, , , , , rest] = row;
    const isUp = rest.direction !== 'down';
    const server = lanes.serverOf(rest.tab, rest.upstream);
    const words = wordsOf(rest);
    const request = isUp ? undefined : arrows.get(rest.message.replace(/ down( \d+)?$/, ' up'));
    const category = request?.category === 'document' ? 'document' : words.category;
    // A module comes without the number of its tab; that alone makes no lane of nobody's.
    const first = category === 'document' && rest.tab?.endsWith('/unknown') ? lanes.ofProfile(rest.tab.split('/')[0])[0] : '';
    const tab = lanes.tab(first || rest.tab || 'unknown/1');
    const channel = words.body?.channel ?? (rest.path?.startsWith('/api/') ? placeOf(rest.path) : '');
    let { label } = words;
    if (isUp && rest.layer === 'http' && category === 'message') label = writeLabel(rest, label);
    if (!isUp && category === 'message') commits.announced(i, rest, words, server);
    const arrow = entries.arrow(i, {
      category, label, tab, channel: typeof channel === 'string' ? channel : '', mutation: rest.mutation ?? `${words.body?.payload?.mutation_id ?? ''}`,
      tone: words.bad ? 'bad' : 'plain', from: isUp ? tab : server, to: isUp ? server : tab, did: 'seen', rule: rest.rule ?? '',
    });
    if (isUp && rest.layer === 'http') {
      ops.sent(rest, words.body);
      commits.requested(rest, headerIn(rest.headers, 'client-id'), server);
    }
    arrows.set(rest.message, arrow);
    if (still.has(rest.connection)) entries.touch(arrow, i, { ...STILL, waits: i, rule: still.get(rest.connection) });
    if (!underWay.has(rest.connection)) underWay.set(rest.connection, new Set());
    underWay.get(rest.connection)?.add(arrow);
    return arrow;
  };

  /** A write says which mutation it is, which time it is asked for, or that it has no number. */
  const writeLabel = (/** @type {any} */ { method, mutation = '', tab = '', path = '', headers }, /** @type {string} */ label) => {
    const isWrite = method === 'POST' || method === 'PATCH' || method === 'PUT' || method === 'DELETE';
    if (!isWrite) return label;
    // What is no write of a collection whose writes have ids (the demo's own requests for faults) is told by its path.
    const whose = `${tab.split('/')[0]} ${placeOf(path)}`;
    if (mutation === '') return numbering.has(whose) ? `${method}, without an id` : label;
    numbering.add(whose);
    const key = `${headerIn(headers, 'client-id') || tab} ${placeOf(path)} ${mutation}`;
    const times = (asked.get(key) ?? 0) + 1;
    asked.set(key, times);
    return times > 1 ? `${method} ${mutationLabel(mutation)}, again` : label;
  };

  /** A copy is an arrow of its own. @param {Entry} first @param {number} i */
  const copied = (first, i) => {
    const { category, from, to, tab, channel, mutation, tone } = first;
    const label = first.label.endsWith(', again') ? first.label : `${first.label}, again`;
    const copy = entries.arrow(i, { category, label, from, to, tab, channel, mutation, tone, did: 'delivered', note: NOTES.duplicated });
    entries.end(copy, i);
  };

  /** @param {Entry} arrow @param {Row} row */
  const goOn = (arrow, row) => {
    const [i, , , , , rest] = row;
    const did = rest.did;
    const why = rest.why ? ` (${rest.why})` : '';
    const rule = rest.rule || arrow.rule;
    if (did in WAITS) {
      entries.touch(arrow, i, { ...WAITS[/** @type {keyof typeof WAITS} */ (did)], did, waits: arrow.waits ?? i, rule, note: `${did}${why}` });
    } else if (did in ENDS) {
      underWay.get(rest.connection)?.delete(arrow);
      if (arrow.end !== null) return entries.touch(arrow, i, { note: `${did} once more${why}`, rule });
      const tone = ENDS[/** @type {keyof typeof ENDS} */ (did)].tone ?? (arrow.tone === 'wait' ? 'plain' : arrow.tone);
      const note = did === 'delivered' ? arrow.note : `${did}${why}`;
      entries.touch(arrow, i, { did, tone: /** @type {any} */ (tone), rule, note });
      entries.end(arrow, i);
    } else if (did === 'duplicated') {
      copied(arrow, i);
    } else if (did in NOTES) {
      entries.touch(arrow, i, { note: NOTES[/** @type {keyof typeof NOTES} */ (did)] + why, rule });
    } else entries.touch(arrow, i);
    if (rest.tcp_impossible) {
      const label = `${IMPOSSIBLE[/** @type {keyof typeof IMPOSSIBLE} */ (did)] ?? did.replaceAll('_', ' ')}: impossible on TCP`;
      entries.mark(i, { category: 'message', lane: arrow.to, tab: arrow.tab, channel: arrow.channel, label, tone: 'bad', rule }, false);
    }
    return undefined;
  };

  /** The first tab that gets a message ends its arrow; each further one gets an arrow from the same place. */
  const received = (/** @type {Row} */ row, /** @type {Entry} */ first) => {
    const [i, , , , , rest] = row;
    const to = lanes.tab(rest.tab);
    if (first.to === '') {
      entries.touch(first, i, { to, did: 'delivered', tab: to });
      entries.end(first, i);
      return;
    }
    const { category, label, from, dashed, tone, channel } = first;
    const more = entries.arrow(i, { category, label, from, to, dashed, tone, channel, tab: to, did: 'delivered', origin: first });
    entries.end(more, i);
  };

  return {
    reset() {
      [arrows, underWay, asked, numbering] = [new Map(), new Map(), new Map(), new Set()];
      [sent, early, still] = [new Map(), new Map(), new Map()];
    },
    /** @param {Row} row */
    frame(row) {
      const rest = row[REST];
      const arrow = arrows.get(rest.message);
      const isNew = arrow === undefined || (rest.did === 'seen' && arrow.did !== 'seen');
      if (!isNew && rest.did !== 'seen') return goOn(arrow, row);
      const begun = begin(row);
      return rest.did === 'seen' ? undefined : goOn(begun, row);
    },
    /** @param {Row} row */
    sibling(row) {
      const [i, , , , , rest] = row;
      if (rest.did === 'sent') {
        if (sent.has(rest.message)) return;
        const lane = lanes.tab(rest.tab);
        const arrow = entries.arrow(i, {
          ...siblingWords(rest.payload), tab: lane, from: lane, dashed: true, tone: 'sibling',
          did: 'seen', channel: rest.channel ?? '',
        });
        sent.set(rest.message, arrow);
        for (const each of early.get(rest.message) ?? []) received(each, arrow);
        early.delete(rest.message);
        return;
      }
      const arrow = sent.get(rest.message);
      if (arrow) received(row, arrow);
      else early.set(rest.message, [...(early.get(rest.message) ?? []), row]);
    },
    /** A connection stands still, or goes on: so do the messages on it. @param {Row} row */
    stalled(row) {
      const { connection, did, rule = '' } = row[REST];
      if (did === 'resumed') still.delete(connection);
      else still.set(connection, rule);
      for (const arrow of underWay.get(connection) ?? []) {
        if (arrow.end !== null) continue;
        Object.assign(arrow, did === 'resumed' ? { did: 'seen', tone: 'plain' } : { ...STILL, waits: arrow.waits ?? row[0] });
        entries.relabel(arrow, arrow.label);
      }
    },
    /** @param {string} name @returns {Entry | undefined} */
    named: (name) => arrows.get(name),
  };
};
