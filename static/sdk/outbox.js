/**
 * Mutations on their way to the server: in order, one at a time, each until it is settled.
 *
 * An unsettled one is sent again, with the same mutation id, after a wait; nothing behind it goes first.
 */

import { backoff } from './backoff.js';
import { clearTimer, random, setTimer } from './clock.js';

/** @typedef {import('./replay.js').Mutation} Mutation */
/** @typedef {import('./api.js').Answer} Answer */

/**
 * @template {Mutation} M
 * @param {object} options
 * @param {(mutation: M) => Promise<Answer>} options.send
 * @param {(mutation: M, answer: Answer) => void} options.onAnswer
 * @param {{delay: number, ceiling: number}} options.retry ms
 */
export const createOutbox = ({ send, onAnswer, retry }) => {
  /** @type {M[]} */
  const queue = [];
  /** @type {M | null} the one whose answer is awaited */
  let sent = null;
  let failures = 0;
  let closed = false;
  /** @type {import('./clock.js').Timer | null} */
  let timer = null;

  const pump = async () => {
    if (closed || sent !== null || timer !== null || queue.length === 0) return;
    const mutation = queue[0];
    sent = mutation;
    mutation.state = 'sent';
    const answer = await send(mutation);
    // Its event came first, and said all that this answer can say.
    if (closed || sent !== mutation) return;
    sent = null;
    if (answer.kind === 'unsettled') {
      mutation.state = 'queued';
      failures += 1;
      timer = setTimer(kick, backoff({ attempt: failures, ...retry, chance: random() }));
    } else {
      failures = 0;
      queue.shift();
    }
    onAnswer(mutation, answer);
    pump();
  };

  /** The network may be back: do not wait for the timer. */
  const kick = () => {
    clearTimer(timer);
    timer = null;
    pump();
  };

  return {
    /** @param {M} mutation */
    push(mutation) {
      queue.push(mutation);
      pump();
    },
    /** The stream says that it is committed: its answer is not needed. @param {M} mutation */
    confirm(mutation) {
      const at = queue.indexOf(mutation);
      if (at < 0) return;
      queue.splice(at, 1);
      if (sent === mutation) sent = null;
      failures = 0;
      kick();
    },
    kick,
    close() {
      closed = true;
      clearTimer(timer);
    },
  };
};

/** @type {WeakMap<object, Map<string, number>>} */
const counters = new WeakMap();

/**
 * The next mutation id. Kept with the client and not with the collection object: one that is closed and
 * made again must not use an id twice, the server would answer with the result of the first use.
 *
 * @param {object} client
 * @param {string} collection
 */
export const nextMutationId = (client, collection) => {
  let ids = counters.get(client);
  if (!ids) counters.set(client, (ids = new Map()));
  const id = (ids.get(collection) ?? 0) + 1;
  ids.set(collection, id);
  return id;
};
