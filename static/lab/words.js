/** How things are called on the page. */

/** `alice/1` is told as `alice · 1`. @param {string} tab */
export const tabName = (tab) => tab.replace('/', ' · ');

/** `no_lost_write` is told as `no lost write`. @param {string} name */
export const plain = (name) => name.replaceAll('_', ' ').replaceAll('-', ' ');

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {number} ms */
export const duration = (ms) => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${+(ms / 1000).toFixed(1)} s`;
  return `${+(ms / 60_000).toFixed(1)} min`;
};

/** @param {number} bytes */
export const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} kB`);

/** JSON is laid out, anything else stays as it is. @param {string} text */
export const laidOut = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

/** @param {import('./types.js').InFlight} message */
export const route = ({ profile, tab, upstream, direction }) => {
  const server = serverName(upstream);
  const who = tab.includes('/') ? tabName(tab) : `${profile} · ${tab || '?'}`;
  return direction === 'up' ? `${who} → ${server}` : `${server} → ${who}`;
};

/** @param {string} name */
export const serverName = (name) => (!name ? 'server' : name.startsWith('server') ? name : `server ${name}`);

/** Without what only a machine reads: who wrote it down, epochs, client ids. */
export const brief = (text) => text
  .replace(/^#\d+:? /, '').replace(/^(driver|wire|bed|tab \S+): /, '')
  .replace(/ of epoch \w+/, '').replace(/ of [0-9a-f]{8}-[0-9a-f-]{27}/, '').replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, '$1…');
