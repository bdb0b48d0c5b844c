/**
 * What the tabs of one profile tell each other about one collection, so that a change made in one shows in
 * all of them before the server has answered.
 *
 *   mutation       it was made (the whole mutation, with the whole item)
 *   acknowledged   the server has committed it
 *   refused        the server never will
 *   ask            a tab that has just begun: what is under way?
 */

/** @typedef {import('./replay.js').Mutation} Mutation */

/** @param {any} mutation @returns {mutation is Mutation} */
const isMutation = (mutation) =>
  Number.isSafeInteger(mutation?.mutationId) &&
  typeof mutation.id === 'string' &&
  ['create', 'update', 'remove'].includes(mutation.op);

/**
 * @param {object} options
 * @param {import('./tabs.js').Tabs} options.tabs
 * @param {string} options.collection its address: what makes it the same one in every tab
 * @param {() => Mutation[]} options.underWay this tab's own
 * @param {(mutation: Mutation, announced: boolean) => void} options.onMutation `announced` in answer to an ask
 * @param {(clientId: string, mutationId: number, version: number | null) => void} options.onAcknowledged
 * @param {(clientId: string, mutationId: number) => void} options.onRefused
 * @param {(clientId: string) => void} options.onGone
 */
export const createSiblings = ({ tabs, collection, underWay, onMutation, onAcknowledged, onRefused, onGone }) => {
  /** @param {string} kind @param {object} [more] */
  const post = (kind, more = {}) => tabs.post('collection', { collection, kind, ...more });

  /** @param {Mutation} mutation @param {boolean} announced */
  const tell = ({ clientId, mutationId, op, id, fields, item, baseVersion, state, version }, announced) =>
    post('mutation', {
      announced,
      mutation: { clientId, mutationId, op, id, fields, item, baseVersion, state, version },
    });

  const tellAll = () => {
    for (const mutation of underWay()) tell(mutation, true);
  };

  const offs = [
    tabs.on('collection', (body, from) => {
      if (body?.collection !== collection) return;
      const { kind, mutation, mutationId, version = null } = body;
      if (kind === 'ask') tellAll();
      else if (kind === 'mutation' && isMutation(mutation)) {
        onMutation({ ...mutation, clientId: from }, body.announced === true);
      } else if (kind === 'acknowledged') onAcknowledged(from, mutationId, version);
      else if (kind === 'refused') onRefused(from, mutationId);
    }),
    tabs.onGone(onGone),
    tabs.onRestored(() => {
      tellAll();
      post('ask');
    }),
  ];
  post('ask');

  return {
    /** @param {Mutation} mutation */
    made: (mutation) => tell(mutation, false),
    /** @param {number} mutationId @param {number | null} version */
    acknowledged: (mutationId, version) => post('acknowledged', { mutationId, version }),
    /** @param {number} mutationId */
    refused: (mutationId) => post('refused', { mutationId }),
    close() {
      for (const off of offs) off();
    },
  };
};
