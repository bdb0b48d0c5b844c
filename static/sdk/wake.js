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
  const online = () => onWake('online');
  const offline = () => onWake('offline');
  const shown = () => {
    if (document.visibilityState === 'visible') onWake('visible');
  };
  addEventListener('online', online);
  addEventListener('offline', offline);
  document.addEventListener('visibilitychange', shown);
  return () => {
    removeEventListener('online', online);
    removeEventListener('offline', offline);
    document.removeEventListener('visibilitychange', shown);
  };
};
