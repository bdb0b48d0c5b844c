/**
 * Who stands at the top of the diagram: tabs grouped by profile, then servers, then Redis if it is unfolded.
 *
 * A lane is made when somebody first needs it, and keeps its place: profiles in the order of the header,
 * then in the order in which they came. Pure.
 */

import { profileOf } from './rows.js';

/** @typedef {{id: string, kind: 'tab' | 'server' | 'redis', profile: string, title: string}} Lane */

const REDIS = 'redis';

/** @param {string} tab `alice/1` is `alice · 1` */
const tabTitle = (tab) => tab.replace('/', ' · ').replace('unknown', '?');

export const createLanes = () => {
  /** @type {Map<string, Lane>} */
  let known = new Map();
  /** @type {string[]} */
  let profiles = [];
  /** @type {Map<string, string>} profile -> instance */
  let instances = new Map();
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
  const server = (name) => add({ id: `server ${name}`, kind: 'server', profile: '', title: `server ${name}` });
  /** @param {string} name the tab of a source or of a record; two digits sort after one */
  const place = (name) => name.replace(/\d+/g, (digits) => digits.padStart(4, '0'));

  return {
    /** @param {any} header */
    reset(header) {
      [known, profiles, instances, isChanged] = [new Map(), Object.keys(header?.profiles ?? {}), new Map(), true];
      for (const [name, about] of Object.entries(header?.profiles ?? {})) {
        if (about?.instance) instances.set(name, about.instance);
        for (let number = 1; number <= (about?.tabs ?? 1); number += 1) tab(`${name}/${number}`);
      }
      const named = new Set(instances.values());
      for (const name of [...named].sort()) server(name);
    },
    tab,
    server,
    /** The server that a tab's messages go to. @param {string} tabId @param {string} [upstream] */
    serverOf: (tabId, upstream = '') => server(upstream || instances.get(profileOf(tabId)) || [...known.keys()].find((id) => id.startsWith('server '))?.slice(7) || 'a'),
    /** @param {string} profile @returns {string[]} */
    ofProfile: (profile) => [...known.values()].filter((lane) => lane.profile === profile).map(({ id }) => id),
    tabs: () => [...known.values()].filter(({ kind }) => kind === 'tab').map(({ id }) => id),
    servers: () => [...known.values()].filter(({ kind }) => kind === 'server').map(({ id }) => id),
    /** Where what Redis does is shown. */
    redis: () => (isRedisShown ? REDIS : ''),
    /** @param {boolean} shown */
    unfoldRedis(shown) {
      isRedisShown = shown;
      isChanged = true;
    },
    /** @returns {Lane[]} from left to right */
    list() {
      const order = { tab: 0, server: 1, redis: 2 };
      const all = [...known.values()];
      if (isRedisShown) all.push({ id: REDIS, kind: 'redis', profile: '', title: 'Redis' });
      return all.sort((a, b) =>
        order[a.kind] - order[b.kind] ||
        profiles.indexOf(a.profile) - profiles.indexOf(b.profile) ||
        (place(a.id) < place(b.id) ? -1 : 1));
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
