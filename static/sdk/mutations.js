/**
 * This tab's own mutations of one collection, from the call to the server's word.
 *
 * That word may come twice, as the answer of the request and as an event on the stream, in either order;
 * the first of them settles the mutation, the second finds nothing to do.
 */

import { mutationError } from './api.js';
import { clearTimer, setTimer } from './clock.js';
import { createOutbox, nextMutationId } from './outbox.js';

/** @typedef {import('./replay.js').Item} Item */
/** @typedef {import('./replay.js').Op} Op */
/** @typedef {import('./overlays.js').Overlay} Overlay */
/** @typedef {import('./api.js').MutationError} MutationError */

/**
 * @typedef {object} Handle
 * @property {string} id the item's
 * @property {number} mutationId
 * @property {Promise<Item | null>} local the item as it is shown; it is shown already
 * @property {Promise<any>} server the item, or `{id, version}` of a removed one; rejects with a MutationError
 */

/** @typedef {{mutationId: number, op: Op, id: string, fields: Record<string, any>, item: Item | null}} Mutated */

/** An acknowledged mutation whose event does not come: ask, rather than wait for the next position check. */
const EVENT_GRACE_MS = 5000;

/** @param {Overlay} overlay @returns {Mutated} */
const plain = ({ mutationId, op, id, fields, item }) => ({ mutationId, op, id, fields, item });

/**
 * @param {object} options
 * @param {import('./broadcast-client.js').BroadcastClient} options.client
 * @param {string} options.url of the collection
 * @param {import('./base.js').Base} options.base
 * @param {ReturnType<typeof import('./overlays.js').createOverlays>} options.overlays
 * @param {ReturnType<typeof import('./api.js').createApi>['send']} options.send
 * @param {(id: string) => Item | null} options.visible
 * @param {() => boolean} options.isLive
 * @param {() => ReturnType<typeof import('./siblings.js').createSiblings>} options.siblings
 * @param {(change: import('./collection.js').Change) => void} options.changed
 * @param {number} options.siblingTimeout how long an edit waits for another tab's create of its item, in ms
 * @param {{delay: number, ceiling: number}} options.retry ms
 */
export const createMutations = (options) => {
  const { client, url, base, overlays, send, visible, isLive, siblings, changed, siblingTimeout, retry } = options;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: MutationError) => void}>} */
  const promises = new Map();
  /** @type {(Mutated & {error: MutationError})[]} */
  let refused = [];
  /** @type {import('./clock.js').Timer | null} */
  let grace = null;

  /** @type {ReturnType<typeof createOutbox<Overlay>>} */
  const outbox = createOutbox({
    async send(overlay) {
      const { after } = overlay;
      // Before a sibling's create has landed, an edit of that item would be a 404.
      if (after && !after.own) await within(siblingTimeout, after.settled);
      return send(overlay, after?.version ?? overlay.baseVersion);
    },
    onAnswer(overlay, answer) {
      const { id, op, mutationId } = overlay;
      if (answer.kind === 'acknowledged') acknowledge(overlay, answer.result);
      else if (answer.kind === 'refused') refuse(overlay, answer.error);
      else changed({ why: 'unsettled', id, op, mutationId, reason: answer.error.name });
    },
    retry,
  });

  /** @param {Overlay} overlay own, by its answer or by its event, whichever comes first @param {any} result */
  const acknowledge = (overlay, result) => {
    const { mutationId, op, id } = overlay;
    if (op === 'create') overlay.fields = result; // the server may have added fields of its own
    overlays.acknowledge(overlay, result?.version ?? null);
    siblings().acknowledged(mutationId, overlay.version);
    promises.get(mutationId)?.resolve(result);
    promises.delete(mutationId);
    changed({ why: 'acknowledged', id, op, mutationId });
    if (!isLive()) base.refetch('acknowledged');
    awaitEvent();
  };

  /** @param {Overlay} overlay @param {MutationError} error */
  const refuse = (overlay, error) => {
    const { id, op, mutationId } = overlay;
    overlays.remove(overlay);
    refused = [...refused, { ...plain(overlay), error }];
    siblings().refused(mutationId);
    promises.get(mutationId)?.reject(error);
    promises.delete(mutationId);
    changed({ why: 'refused', id, op, mutationId, reason: error.name });
    if (!isLive()) base.refetch('refused');
  };

  /** See EVENT_GRACE_MS. */
  const awaitEvent = () => {
    if (grace !== null) return;
    grace = setTimer(() => {
      grace = null;
      if (overlays.all().some(({ state }) => state === 'acknowledged')) base.refetch('unconfirmed');
    }, EVENT_GRACE_MS);
  };

  /** @param {Op} op @param {string} id @param {Record<string, any>} given @returns {Handle} */
  const mutate = (op, id, given) => {
    encodeURIComponent(id); // half a surrogate pair could never be sent: whoever calls is told so now
    // A copy, as it will travel: what the caller does with its object later is not part of this mutation.
    const { id: _, version: __, ...fields } = JSON.parse(JSON.stringify(given));
    const last = overlays.lastOn(id) ?? null;
    const acknowledged = last?.state === 'acknowledged' ? last.version : null;
    const after = last && acknowledged === null && (last.own || last.op === 'create') ? last : null;
    const confirmed = base.items().get(id)?.version ?? null;
    const overlay = overlays.add(
      {
        clientId: client.clientId,
        mutationId: nextMutationId(client, url),
        op,
        id,
        fields,
        item: null,
        baseVersion: acknowledged ?? confirmed,
        state: 'queued',
        version: null,
      },
      { own: true, after },
    );
    const { mutationId } = overlay;
    const server = new Promise((resolve, reject) => promises.set(mutationId, { resolve, reject }));
    server.catch(() => {}); // told by refused() too: nobody is obliged to listen here
    overlay.item = visible(id);
    siblings().made(overlay);
    changed({ why: 'local', id, op, mutationId });
    outbox.push(overlay);
    return { id, mutationId, local: Promise.resolve(overlay.item), server };
  };

  return {
    mutate,
    /** The stream shows one of ours, perhaps before its answer. @param {Overlay} overlay @param {any} result */
    confirm(overlay, result) {
      // In this order: the next one in the queue may be sent at once, on the version that this one got.
      acknowledge(overlay, result);
      outbox.confirm(overlay);
    },
    awaitEvent,
    /** @returns {(Mutated & {state: 'queued' | 'sent'})[]} */
    pending: () =>
      overlays.own().flatMap((overlay) => {
        const { state } = overlay;
        return state === 'acknowledged' ? [] : [{ ...plain(overlay), state }];
      }),
    refused: () => refused,
    /** @param {number} mutationId */
    dismiss(mutationId) {
      refused = refused.filter((mutation) => mutation.mutationId !== mutationId);
    },
    kick: outbox.kick,
    close() {
      outbox.close();
      clearTimer(grace);
      for (const { reject } of promises.values()) {
        reject(mutationError('the collection was closed', { code: 'closed', name: 'closed', definite: false }));
      }
      promises.clear();
    },
  };
};

/** @param {number} ms @param {Promise<void>} settled @returns {Promise<void>} settled, or no longer to be waited for */
const within = (ms, settled) =>
  new Promise((resolve) => {
    const timer = setTimer(resolve, ms);
    settled.then(() => {
      clearTimer(timer);
      resolve();
    });
  });
