/**
 * Where the lanes stand: one width for all tabs, one for all servers, from the left. The heads are laid out by it, and
 * the diagram is told the same centres, so that a lifeline hangs under the middle of its head. Pure.
 */

export const GAP = 12;
const PADDING = 16;
const TAB_MIN = 168;
const TAB_MAX = 440;
const SERVER = 92;
const SERVER_ROOMY = 108;
const ROOMY_TAB = 200;

/**
 * Tabs by profile, and within it by number. A profile stands where it was first seen, whatever is opened and closed
 * since: a lane that moves is taken for another.
 * @param {Iterable<string>} [first] profiles whose places are known before they have a tab
 */
export const createOrder = (first = []) => {
  const places = new Map([...first].map((profile, i) => [profile, i]));
  /**
   * @template {{ profile: string, number: number }} T
   * @param {readonly T[]} tabs @returns {T[]}
   */
  return (tabs) => {
    for (const { profile } of tabs) if (!places.has(profile)) places.set(profile, places.size);
    const place = ({ profile }) => /** @type {number} */ (places.get(profile));
    return [...tabs].sort((a, b) => place(a) - place(b) || a.number - b.number);
  };
};

/**
 * @param {{ tabs: readonly string[], servers: readonly string[], width: number }} what
 * @returns {{ lanes: { id: string, x: number, width: number }[], width: number }}
 */
export const layOut = ({ tabs, servers, width }) => {
  const room = (server) => width - 2 * PADDING - servers.length * (server + GAP) - Math.max(0, tabs.length - 1) * GAP;
  const share = (server) => room(server) / Math.max(1, tabs.length);
  const server = share(SERVER_ROOMY) < ROOMY_TAB ? SERVER : SERVER_ROOMY;
  const tab = Math.floor(Math.max(TAB_MIN, Math.min(TAB_MAX, share(server))));
  let left = PADDING;
  const lanes = [];
  for (const [ids, wide] of /** @type {const} */ ([[tabs, tab], [servers, server]])) {
    for (const id of ids) {
      lanes.push({ id, x: left + wide / 2, width: wide });
      left += wide + GAP;
    }
  }
  return { lanes, width: Math.max(width, left - GAP + PADDING) };
};
