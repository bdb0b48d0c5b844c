/**
 * Commits, at the server that made them, before the first message that tells of one. Pure.
 *
 * The bed reads the committed log later than it grows. A commit is therefore drawn where the server first
 * speaks of it (an answer, an event), hollow, and filled when the log says so too: a hollow one that stays
 * hollow was announced and never committed.
 */

import { placeOf } from './labels.js';

/** @typedef {import('./entries.js').Entry} Entry */

const EVENTS = new Set(['created', 'updated', 'deleted']);

/** @param {import('./entries.js').Entries} entries @param {import('./lanes.js').Lanes} lanes */
export const createCommits = (entries, lanes) => {
  /** @type {Map<string, Entry>} channel/item/version -> its mark */
  let marks = new Map();
  /** @type {Map<string, string>} channel/client/mutation -> the server that was asked */
  let askedOf = new Map();

  /** @param {string} channel @param {string} id @param {number} version */
  const keyOf = (channel, id, version) => `${channel}/${id}/${version}`;
  /** @param {string} channel @param {any} client @param {any} mutation */
  const askKey = (channel, client, mutation) => `${channel}/${client}/${mutation}`;
  /** @param {number | undefined | null} offset */
  const labelOf = (offset) => (offset === undefined || offset === null ? 'commit' : `commit · offset ${offset}`);

  /** @param {number} i @param {Partial<Entry> & {offset?: number}} about */
  const begin = (i, { offset, ...about }, isOwn = true) => {
    const redis = lanes.redis();
    return entries.mark(i, { category: 'commit', tone: 'quiet', hollow: true, label: labelOf(offset), ...about, lane: redis || about.lane }, isOwn);
  };

  return {
    reset() {
      [marks, askedOf] = [new Map(), new Map()];
    },
    /** A write goes to a server: that is where it is committed, whoever hears of it first. @param {any} frame @param {string} client @param {string} server */
    requested(frame, client, server) {
      if (frame.mutation && client) askedOf.set(askKey(placeOf(frame.path), client, frame.mutation), server);
    },
    /** A server speaks: of a commit that nobody has spoken of before? @param {number} i @param {any} frame @param {{body?: any}} words @param {string} server */
    announced(i, frame, { body }, server) {
      if (!body) return;
      const isAnswer = frame.stage === 'response' && frame.status < 300 && frame.method !== 'GET' && typeof body.version === 'number';
      const isEvent = EVENTS.has(body.event) && typeof body.payload?.version === 'number';
      if (!isAnswer && !isEvent) return;
      const channel = isEvent ? body.channel : placeOf(frame.path);
      const { version } = isEvent ? body.payload : body;
      const id = isEvent ? body.payload.entity_id : body.id;
      const key = keyOf(channel, id, version);
      const known = marks.get(key);
      if (known) {
        if (known.hollow && isEvent && body.offset !== undefined) entries.relabel(known, labelOf(body.offset));
        return;
      }
      const { client_id: client, mutation_id: mutation } = isEvent ? body.payload : {};
      const lane = askedOf.get(askKey(channel, client, mutation)) ?? server;
      marks.set(key, begin(i, { lane, channel, offset: isEvent ? body.offset : undefined, mutation: `${mutation ?? frame.mutation ?? ''}`, note: 'announced, not read from the log yet' }, false));
    },
    /** The bed has read it. @param {import('./rows.js').Row} row */
    read(row) {
      const [i, , , , , { channel, entity_id: id, version, offset, client_id: client, mutation_id: mutation }] = row;
      const key = keyOf(channel, id, version);
      const known = marks.get(key);
      if (known?.hollow) {
        entries.touch(known, i, { hollow: false, label: labelOf(offset), note: '' });
        return;
      }
      const lane = askedOf.get(askKey(channel, client, mutation)) ?? lanes.servers()[0] ?? lanes.server('a');
      marks.set(key, begin(i, { lane, channel, offset, hollow: false, mutation: `${mutation ?? ''}`, note: 'read here; committed some time before' }));
    },
  };
};

/** @typedef {ReturnType<typeof createCommits>} Commits */
