/**
 * Who stands at the top of the diagram: tabs grouped by profile, then servers, then Redis if it is unfolded.
 *
 * A lane is made when somebody first needs it, and keeps its place: profiles, the tabs of each, and servers in the
 * order of the header, then in the order in which they came. A server that was told of has its lane before anything
 * is heard of it. Pure.
 */

import { profileOf } from './rows.js';

/** @typedef {{id: string, kind: 'tab' | 'server' | 'redis', profile: string, title: string}} Lane */

const REDIS = 'redis';
const SERVER = 'server ';

/** @param {string} tab `alice/1` is `alice · 1` */
const tabTitle = (tab) => tab.replace('/', ' · ').replace('unknown', '?');

/** @param {string} name @returns {Lane} */
const serverLane = (name) => ({ id: SERVER + name, kind: 'server', profile: '', title: SERVER + name });

export const createLanes = () => {
  /** @type {Map<string, Lane>} */
  let known = new Map();
  /** @type {string[]} */
  let profiles = [];
  /** @type {Map<string, string>} profile -> instance */
  let instances = new Map();
  /** @type {string[]} the servers that the header speaks of */
  let expected = [];
  /** @type {string[] | null} those that the page has: it knows better */
  let told = null;
  let isRedisShown = false;
  let isChanged = true;

  /** @param {Lane} lane */
  const add = (lane) => {
    if (known.has(lane.id)) return lane.id;
    known.set(lane.id, lane);
    if (lane.profile && !profiles.includes(lane.profile)) profiles.push(lane.profile);
    isChanged = true;
    return lane.id;
  };
  /** @param {string} id */
  const tab = (id) => add({ id, kind: 'tab', profile: profileOf(id), title: tabTitle(id) });
  /** @param {string} name */
  const server = (name) => add(serverLane(name));
  /** Those that were heard of, then those that were told of. Of the header's none is there if the trace speaks of others alone. */
  const serverNames = () => {
    const heard = [...known.values()].filter(({ kind }) => kind === 'server').map(({ id }) => id.slice(SERVER.length));
    const isOurs = heard.length === 0 || heard.some((name) => expected.includes(name));
    const first = told ?? (isOurs ? expected : []);
    return [...first, ...heard.filter((name) => !first.includes(name))];
  };

  return {
    /** @param {any} header */
    reset(header) {
      [known, profiles, instances, isChanged] = [new Map(), Object.keys(header?.profiles ?? {}), new Map(), true];
      for (const [name, about] of Object.entries(header?.profiles ?? {})) {
        if (about?.instance) instances.set(name, about.instance);
        for (let number = 1; number <= (about?.tabs ?? 1); number += 1) tab(`${name}/${number}`);
      }
      expected = [...new Set(instances.values())].sort();
    },
    tab,
    server,
    /** The server that a tab's messages go to. @param {string} tabId @param {string} [upstream] */
    serverOf(tabId, upstream = '') {
      if (upstream) return server(upstream);
      const names = serverNames();
      const own = instances.get(profileOf(tabId));
      return server(own && (names.length === 0 || names.includes(own)) ? own : names[0] ?? 'a');
    },
    /** The lanes that the page has heads for. @param {string[]} ids */
    expect(ids) {
      const names = ids.filter((id) => id.startsWith(SERVER)).map((id) => id.slice(SERVER.length));
      told = names.length ? names : null;
      isChanged = true;
    },
    /** @param {string} profile @returns {string[]} */
    ofProfile: (profile) => [...known.values()].filter((lane) => lane.profile === profile).map(({ id }) => id),
    tabs: () => [...known.values()].filter(({ kind }) => kind === 'tab').map(({ id }) => id),
    servers: () => serverNames().map((name) => server(name)),
    /** Where what Redis does is shown. */
    redis: () => (isRedisShown ? REDIS : ''),
    /** @param {boolean} shown */
    unfoldRedis(shown) {
      isRedisShown = shown;
      isChanged = true;
    },
    /** @returns {Lane[]} from left to right */
    list() {
      const tabs = [...known.values()].filter(({ kind }) => kind === 'tab');
      // Sorting keeps what is equal in its order: the one in which it came.
      tabs.sort((a, b) => profiles.indexOf(a.profile) - profiles.indexOf(b.profile));
      /** @type {Lane[]} */
      const redis = isRedisShown ? [{ id: REDIS, kind: 'redis', profile: '', title: 'Redis' }] : [];
      return [...tabs, ...serverNames().map(serverLane), ...redis];
    },
    /** Whether a lane has come or gone since this was last asked. */
    takeChanged() {
      const was = isChanged;
      isChanged = false;
      return was;
    },
  };
};

/** @typedef {ReturnType<typeof createLanes>} Lanes */
