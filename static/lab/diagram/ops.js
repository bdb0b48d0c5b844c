/**
 * What the app's user was asked to do, and how it ended. Pure.
 */

import { mutationLabel } from './labels.js';
import { nameOf, profileOf, REST, short, tokenIn } from './rows.js';

/** @typedef {import('./entries.js').Entry} Entry */

const NAME_MAX = 22;

/** @param {import('./entries.js').Entries} entries @param {import('./lanes.js').Lanes} lanes */
export const createOps = (entries, lanes) => {
  /** @type {Map<string, {entry: Entry, tab: string, key: string, token: string, verb: string, mutation: string}>} */
  let ops = new Map();
  /** @type {Map<string, string>} profile + token, or profile + item -> the op that is looking for its mutation */
  let unnumbered = new Map();
  /** @type {Set<string>} items that exist, as far as ops tell */
  let made = new Set();
  /** @type {Map<string, number>} how often each title was asked for */
  let titles = new Map();
  let tokens = 0;

  /** @param {any} rest @param {string} [mutation] */
  const labelOf = (rest, mutation = '') => {
    const { act, key = '', value, channel = '' } = rest;
    const m = mutation ? ` ${mutationLabel(mutation)}` : '';
    const name = short(nameOf(value) || key, NAME_MAX);
    if (act === 'put') return `${rest.isNew ? 'create' : 'change'} “${name}”${m}`;
    if (act === 'remove') return `delete ${short(key, NAME_MAX)}${m}`;
    if (act === 'read') return `read ${key || channel}`.trim();
    if (act === 'publish') return `publish on ${short(key, NAME_MAX)}`;
    return `${act} ${short(key, NAME_MAX)}`.trim();
  };

  return {
    reset() {
      [ops, unnumbered, made, titles, tokens] = [new Map(), new Map(), new Set(), new Map(), 0];
    },
    /** @param {import('./rows.js').Row} row */
    invoked(row) {
      const [i, , , , , rest] = row;
      const tab = lanes.tab(rest.tab);
      const item = `${rest.channel ?? ''}/${rest.key ?? ''}`;
      const about = { ...rest, isNew: !made.has(item) };
      if (rest.act === 'put') made.add(item);
      if (rest.act === 'remove') made.delete(item);
      const token = rest.token || tokenIn(rest.value);
      if (rest.act === 'put') {
        const title = nameOf(rest.value);
        titles.set(title, (titles.get(title) ?? 0) + 1);
        tokens += 1;
      }
      const entry = entries.mark(i, { category: 'op', lane: tab, tab, channel: rest.channel ?? '', label: labelOf(about), tone: 'plain' });
      const profile = profileOf(tab);
      if (token) unnumbered.set(`${profile} #${token}`, rest.op);
      if (rest.key) unnumbered.set(`${profile} ${rest.key}`, rest.op);
      ops.set(rest.op, { entry, tab, key: rest.key ?? '', token, verb: labelOf(about), mutation: '' });
    },
    /** A write leaves its tab: it may be the one that an op waits to be numbered by. @param {any} frame @param {any} body */
    sent(frame, body) {
      if (!frame.mutation) return;
      const profile = profileOf(frame.tab ?? '');
      const item = body?.id ?? frame.path.split('/').at(-1);
      const op = unnumbered.get(`${profile} #${tokenIn(body)}`) ?? unnumbered.get(`${profile} ${item}`);
      const known = op === undefined ? undefined : ops.get(op);
      if (!known || known.mutation !== '') return;
      known.mutation = frame.mutation;
      known.entry.mutation = frame.mutation;
      entries.relabel(known.entry, `${known.verb} ${mutationLabel(frame.mutation)}`);
    },
    /** It was acknowledged, refused, or nobody knows. @param {import('./rows.js').Row} row */
    ended(row) {
      const [i, , , kind, , rest] = row;
      const known = ops.get(rest.op);
      const mutation = `${rest.mutation_id ?? known?.mutation ?? ''}`;
      const what = mutationLabel(mutation) || short(rest.op, 12);
      const why = rest.reason ? `: ${short(rest.reason, 28)}` : '';
      const words = { ok: [`${what} acknowledged`, 'good'], fail: [`${what} refused${why}`, 'bad'], info: [`${what}: nobody knows${why}`, 'wait'] };
      const [label, tone] = words[/** @type {'ok' | 'fail' | 'info'} */ (kind)];
      if (!known) return;
      entries.mark(i, { category: 'op', lane: known.tab, tab: known.tab, channel: known.entry.channel, mutation, label, tone: /** @type {any} */ (tone), note: rest.reason ?? '' });
    },
    /** Words for an item in a view: the only write of a run is `it`, one of many alike goes by its token. @param {any} item */
    wordsFor(item) {
      if (tokens <= 1) return 'it';
      const [name, token] = [nameOf(item), tokenIn(item)];
      return token && (titles.get(name) ?? 0) > 1 ? `#${short(token, NAME_MAX)}` : `“${short(name, NAME_MAX)}”`;
    },
    /** How often this title was asked for, by anybody. @param {string} title */
    askedFor: (title) => titles.get(title) ?? 0,
  };
};

/** @typedef {ReturnType<typeof createOps>} Ops */
