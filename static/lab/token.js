/**
 * The token of this start of the lab. It comes in the address once, and goes on in sessionStorage, so that it stands
 * in no history, no bookmark and no screenshot.
 */

const KEPT = 'syncbed lab token';

/** @returns {string} */
export const takeToken = () => {
  const address = new URL(location.href);
  const given = address.searchParams.get('token');
  if (given) {
    sessionStorage.setItem(KEPT, given);
    address.searchParams.delete('token');
    history.replaceState(null, '', address);
  }
  return sessionStorage.getItem(KEPT) ?? '';
};
