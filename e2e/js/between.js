/**
 * Stands between the SDK and the network. The server behind it is the real one; what is done here is what
 * networks do: to lose an answer, to hold it, to answer for a server that is not reachable.
 */

/**
 * @typedef {{method: string, mutationId: number | null, headers: Headers, signal: AbortSignal}} Asked
 * @param {(asked: Asked, go: () => Promise<Response>) => Promise<Response>} act
 * @returns {Asked[]} what was asked so far
 */
export const standBetween = (act) => {
  /** @type {Asked[]} */
  const seen = [];
  const real = globalThis.fetch;
  globalThis.fetch = (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('Client-Id')) return real(url, init); // the test's own requests
    const id = headers.get('Mutation-Id');
    const asked = { method: init.method ?? 'GET', mutationId: id && Number(id), headers, signal: init.signal };
    seen.push(asked);
    return act(asked, () => real(url, init));
  };
  return seen;
};

export const networkError = () => new TypeError('Failed to fetch');

/** A gate that is shut until it is opened. */
export const createGate = () => {
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = () => resolve(undefined);
  });
  return { open, opened };
};
