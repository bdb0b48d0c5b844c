/**
 * Which page this is: an id that survives a reload, and is the page's own until its tab is closed.
 *
 * A duplicated tab is born with a copy of its storage, so it has the same one: both are connected under it, each
 * with its own broker client id, and whoever asks one of them asks it by that.
 */

import { uuid } from './clock.js';

/** @param {string} key of sessionStorage */
export const pageSession = (key = 'syncbed:page-session') => {
  try {
    const known = sessionStorage.getItem(key) ?? uuid();
    sessionStorage.setItem(key, known);
    return known;
  } catch {
    return uuid(); // no storage here: it lasts as long as the document
  }
};
