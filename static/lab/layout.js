/**
 * Where the lanes stand: one width for all tabs, one for all servers, from the left. The heads are laid out by it, and
 * the diagram is told the same centres, so that a lifeline hangs under the middle of its head. Pure.
 */

export const GAP = 12;
const PADDING = 16;
const TAB_MIN = 188;
const TAB_MAX = 380;
const SERVER = 108;

/**
 * Tabs by profile, a profile where its first tab stands, and within it by number.
 * @template {{ profile: string, number: number }} T
 * @param {readonly T[]} tabs @returns {T[]}
 */
export const inOrder = (tabs) => {
  const profiles = [...new Set(tabs.map(({ profile }) => profile))];
  const place = ({ profile }) => profiles.indexOf(profile);
  return [...tabs].sort((a, b) => place(a) - place(b) || a.number - b.number);
};

/**
 * @param {{ tabs: readonly string[], servers: readonly string[], width: number }} what
 * @returns {{ lanes: { id: string, x: number, width: number }[], width: number }}
 */
export const layOut = ({ tabs, servers, width }) => {
  const forServers = servers.length * (SERVER + GAP);
  const room = width - 2 * PADDING - forServers - Math.max(0, tabs.length - 1) * GAP;
  const tab = Math.floor(Math.max(TAB_MIN, Math.min(TAB_MAX, room / Math.max(1, tabs.length))));
  let left = PADDING;
  const lanes = [];
  for (const [ids, wide] of /** @type {const} */ ([[tabs, tab], [servers, SERVER]])) {
    for (const id of ids) {
      lanes.push({ id, x: left + wide / 2, width: wide });
      left += wide + GAP;
    }
  }
  return { lanes, width: Math.max(width, left - GAP + PADDING) };
};
