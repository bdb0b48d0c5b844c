/**
 * What a row is, and small readings of one that several modules share. Pure.
 *
 * A row is `[i, at_ms, source, kind, told, rest]` as syncbed/report/rows.py makes it: its place in the trace,
 * the bed's time, who says it, its kind, the record in plain words, and the rest of its JSON.
 */

/** @typedef {[number, number, string, string, string, any]} Row */

export const AT = 1;
export const SOURCE = 2;
export const KIND = 3;
export const TOLD = 4;
export const REST = 5;

const TOKEN = / #([a-z0-9][a-z0-9-]{0,39})$/;

/** The token of a write, from the title that carries it (syncbed/trace/tokens.py). @param {any} content */
export const tokenIn = (content) =>
  (typeof content?.title === 'string' ? TOKEN.exec(content.title)?.[1] : undefined) ?? '';

/** An item's name as a person reads it: its title without the token. @param {any} item */
export const nameOf = (item) => {
  const name = item?.title ?? item?.name ?? item?.id ?? '';
  return String(name).replace(TOKEN, '');
};

/** @param {string} tab */
export const profileOf = (tab) => tab.split('/')[0];

/** @param {string} text @param {number} max */
export const short = (text, max) => (text.length > max ? `${text.slice(0, max - 1).trimEnd()}…` : text);

/** @param {string | null | undefined} text @returns {any} the JSON, or undefined */
export const parsed = (text) => {
  if (!text || (text[0] !== '{' && text[0] !== '[')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut, or no JSON at all
  }
};

/** The value of a header that was recorded as [name, value] pairs. @param {any} headers @param {string} name */
export const headerIn = (headers, name) => {
  if (!Array.isArray(headers)) return '';
  for (const pair of headers) if (String(pair[0]).toLowerCase() === name) return String(pair[1]);
  return '';
};
