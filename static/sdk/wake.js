/**
 * Tells when it is worth looking at the network again: the browser says `online`, or the page is shown.
 * `offline` is told too, as a reason to doubt the connection; it is no proof, `navigator.onLine` errs.
 */

/** @typedef {'online' | 'offline' | 'visible'} WakeReason */

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
  return () => listening.abort();
};
