/** What can be done to one message of a living connection that TCP never does. */

export const IMPOSSIBLE = 'impossible on TCP';

/** What each is in the menu: its name, its words, its key. */
export const DOES = /** @type {const} */ ([
  ['drop', 'drop', 'D'], ['duplicate', 'duplicate', '2'], ['reorder', 'after the next one', ''],
]);

/** Why it cannot be done to a message, or nothing. The wire says so. @param {import('./types.js').InFlight} message @param {string} what */
export const refusal = ({ refused }, what) => refused?.[what] ?? '';

/** Not everything is: a request that is sent again is nothing strange. @param {import('./types.js').InFlight} message @param {string} what */
export const isImpossible = ({ impossible }, what) => impossible?.includes(what) ?? true;
