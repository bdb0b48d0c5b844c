/**
 * The edges along which one event is said to have happened *because* of another. Pure.
 *
 *   a message       sent -> received; first seen -> each thing that became of it
 *   a request       delivered -> its answer; what an op asked -> the request that carries it
 *   a commit        the request that asked for it -> the commit -> the first frames that tell of it
 *   a tab           a frame delivered to it -> the event handed to its app -> the view that shows it; an answer -> the op's end
 *   a fault         it began -> its receipts -> the messages it struck
 *   a choice        -> the message that it delivered
 *   trying again    a message that was lost -> the next request for the same write
 *
 * A tab's own sequence is no such edge: that it did one thing after another does not say why.
 */

import { parsed, profileOf, REST, tokenIn, KIND } from './rows.js';
import { messagesOf } from './order.js';

/** @typedef {import('./rows.js').Row} Row */

const ENDED = new Set(['delivered', 'lost', 'dropped', 'failed', 'abandoned', 'answer_lost']);
const STRUCK = new Set(['lost', 'dropped', 'failed', 'abandoned', 'answer_lost']);

/** What tells a write from others: its token, or else its title. @param {any} content */
const signOf = (content) => (tokenIn(content) ? `#${tokenIn(content)}` : content?.title ? `“${content.title}` : '');

/** @param {Row[]} rows @returns {[cause: number, effect: number][]} */
export const causesOf = (rows) => {
  /** @type {[number, number][]} */
  const edges = messagesOf(rows);
  /** @type {Map<string, number>} */
  const latest = new Map();
  /** @type {Map<string, string>} request -> the client that sent it */
  const clients = new Map();
  /** @type {Map<string, string>} op -> the profile that was asked */
  const profileOfOp = new Map();
  /** @type {Map<string, Map<any, any>>} tab -> the version of each item that it shows */
  const shown = new Map();
  /** @type {Map<string, number>} the frame that brought an item's version to a tab */
  const brought = new Map();
  /** @type {Map<string, number[]>} the frames that told of a commit which nobody has read yet */
  const tellers = new Map();
  /** @type {Map<string, string>} message -> the rule that delays it */
  const delayedBy = new Map();
  /** @param {string} key @param {number} effect */
  const link = (key, effect) => {
    const cause = latest.get(key);
    if (cause !== undefined && cause !== effect) edges.push([cause, effect]);
    return cause !== undefined;
  };

  /** @param {Row} row */
  const frame = (row) => {
    const [i, , , , , rest] = row;
    const { message, did, direction, tab = '', mutation = '', rule = '' } = rest;
    const profile = profileOf(tab);
    link(`frame ${message}`, i);
    if (did === 'seen') {
      const body = parsed(rest.payload);
      if (direction === 'up') {
        const sign = signOf(body);
        const again = [sign && `lost ${profile} ${sign}`, mutation && `lost ${profile} ${mutation}`].filter(Boolean);
        for (const key of again) if (link(key, i)) break;
        if (rest.layer === 'http' && rest.method !== 'GET') {
          const item = body?.id ?? rest.path?.split('/').at(-1);
          (sign && link(`asked ${profile} ${sign}`, i)) || link(`asked ${profile} ${item}`, i);
          latest.set(`write ${message}`, i);
        }
      } else {
        link(`end ${message.replace(/ down( \d+)?$/, ' up')}`, i);
        const payload = body?.payload;
        if (payload?.version !== undefined) {
          const commit = `${body.channel}/${payload.entity_id}/${payload.version}`;
          if (!link(`commit ${commit}`, i)) tellers.set(commit, [...(tellers.get(commit) ?? []), i]);
        }
        if (payload?.mutation_id !== undefined && payload.client_id) link(`request ${payload.client_id} ${payload.mutation_id}`, i);
        latest.set(`body ${message}`, i);
      }
      if (direction === 'up' && mutation) {
        for (const pair of rest.headers ?? []) if (String(pair[0]).toLowerCase() === 'client-id') clients.set(message, pair[1]);
      }
    }
    if (did === 'answer_lost') link(`end ${message.replace(/ up$/, ' down')}`, i);
    latest.set(`frame ${message}`, i);
    if (rule && did === 'delayed') delayedBy.set(message, rule);
    if (rule) link(`acted ${rule}`, i) || link(`fault ${rule}`, i);
    if (!ENDED.has(did)) return;
    latest.set(`end ${message}`, i);
    if (did === 'delivered' && direction === 'up' && mutation && clients.has(message)) latest.set(`request ${clients.get(message)} ${mutation}`, i);
    if (did === 'delivered' && direction === 'down') {
      const seen = rows[/** @type {number} */ (latest.get(`body ${message}`))];
      const body = parsed(seen?.[REST].payload);
      if (body?.event) latest.set(`told ${tab} ${body.channel} ${body.offset ?? `${body.payload?.entity_id} ${body.payload?.version}`}`, i);
      if (mutation) latest.set(`answer ${profile} ${mutation}`, i);
      if (delayedBy.has(message)) link(`lifted ${delayedBy.get(message)}`, i);
      if (rest.method === 'GET') latest.set(`read ${tab}`, i);
    }
    if (STRUCK.has(did) && mutation) latest.set(`lost ${profile} ${mutation}`, i);
    if (STRUCK.has(did)) {
      const up = rows[latest.get(`write ${message.replace(/ down( \d+)?$/, ' up')}`) ?? -1];
      const sign = signOf(parsed(up?.[REST].payload));
      if (sign) latest.set(`lost ${profile} ${sign}`, i);
    }
  };

  /** @type {Record<string, (row: Row) => void>} */
  const of = {
    frame,
    invoke(row) {
      const { tab, key, value } = row[REST];
      const profile = profileOf(tab);
      if (signOf(value)) latest.set(`asked ${profile} ${signOf(value)}`, row[0]);
      if (key) latest.set(`asked ${profile} ${key}`, row[0]);
    },
    commit(row) {
      const { channel, entity_id: id, version, client_id: client, mutation_id: mutation } = row[REST];
      link(`request ${client} ${mutation}`, row[0]);
      const commit = `${channel}/${id}/${version}`;
      latest.set(`commit ${commit}`, row[0]);
      // The log is read after the events it tells of have gone out: the place in the trace claims nothing.
      for (const teller of tellers.get(commit) ?? []) edges.push([row[0], teller]);
      tellers.delete(commit);
    },
    event(row) {
      const { tab, channel, offset, entity_id: id, version } = row[REST];
      link(`told ${tab} ${channel} ${offset}`, row[0]) || link(`told ${tab} ${channel} ${id} ${version}`, row[0]);
    },
    view: (row) => void viewed(row),
    ok: (row) => void link(`answer ${profileOf(row[REST].tab ?? '') || profileOfOp.get(row[REST].op)} ${row[REST].mutation_id}`, row[0]),
    fault: (row) => void latest.set(`fault ${row[REST].fault}`, row[0]),
    receipt(row) {
      link(`fault ${row[REST].fault}`, row[0]);
      latest.set(`acted ${row[REST].fault}`, row[0]);
    },
    lifted: (row) => void latest.set(`lifted ${row[REST].fault}`, (link(`fault ${row[REST].fault}`, row[0]), row[0])),
    choice: (row) => void latest.set(`frame ${row[REST].what}`, (link(`frame ${row[REST].what}`, row[0]), row[0])),
  };

  /** What is new in a view was told to this tab, or asked of it. @param {Row} row */
  const viewed = (row) => {
    const { tab, items = [], pending = [] } = row[REST];
    const before = shown.get(tab) ?? new Map();
    const now = new Map();
    for (const item of items) {
      const version = item?.version ?? null;
      now.set(item?.id, version);
      if (before.has(item?.id) && before.get(item.id) === version) continue;
      const isPending = pending.includes(item?.id) || version === null;
      const told = brought.get(`${tab} ${item?.id} ${version}`) ?? brought.get(`${profileOf(tab)} answered ${item?.id} ${version}`);
      if (isPending) link(`asked ${profileOf(tab)} ${signOf(item)}`, row[0]) || link(`asked ${profileOf(tab)} ${item?.id}`, row[0]);
      else if (told !== undefined) edges.push([told, row[0]]);
      else link(`read ${tab}`, row[0]);
    }
    shown.set(tab, now);
  };

  for (const row of rows) {
    const rest = row[REST];
    if (row[KIND] === 'invoke') profileOfOp.set(rest.op, profileOf(rest.tab));
    of[row[KIND]]?.(row);
    if (row[KIND] === 'frame' && rest.did === 'delivered' && rest.direction === 'down') {
      const body = parsed(rows[latest.get(`body ${rest.message}`) ?? -1]?.[REST].payload);
      if (body?.payload?.entity_id !== undefined) brought.set(`${rest.tab} ${body.payload.entity_id} ${body.payload.version}`, row[0]);
      if (body?.id !== undefined) brought.set(`${profileOf(rest.tab ?? '')} answered ${body.id} ${body.version}`, row[0]);
    }
  }
  return edges;
};
