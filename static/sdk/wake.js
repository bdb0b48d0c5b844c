/**
 * Tells when it is worth looking at the network again: the browser says `online`, or the page is shown.
 * `offline` is told too, as a reason to doubt the connection; it is no proof, `navigator.onLine` errs. `restored`:
 * the page came back from the back/forward cache, and what happened meanwhile it did not hear.
 */

/** @typedef {'online' | 'offline' | 'visible' | 'restored'} WakeReason */

/**
 * @param {(reason: WakeReason) => void} onWake
 * @returns {() => void} stop listening
 */
export const listenForWake = (onWake) => {
  const listening = new AbortController();
  const { signal } = listening;
  addEventListener('online', () => onWake('online'), { signal });
  addEventListener('offline', () => onWake('offline'), { signal });
  document.addEventListener('visibilitychange', () => document.hidden || onWake('visible'), { signal });
  addEventListener('pageshow', ({ persisted }) => persisted && onWake('restored'), { signal });
  return () => listening.abort();
};
