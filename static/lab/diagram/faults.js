/**
 * Faults as bands: from where they began to where they were lifted, across the lanes that they concern. Pure.
 */

import { REST, short } from './rows.js';

/** @typedef {import('./entries.js').Entry} Entry */

/** @param {any} fault @param {any} rule */
const ruleWords = (fault, rule) => {
  const kind = String(fault?.kind ?? fault ?? 'fault').replaceAll('_', ' ');
  const amount = fault?.delay_ms !== undefined ? ` ${fault.delay_ms} ms`
    : fault?.status !== undefined ? ` ${fault.status}`
    : fault?.code !== undefined ? ` ${fault.code}`
    : fault?.bytes_per_s !== undefined ? ` ${fault.bytes_per_s} B/s` : '';
  const named = kind === 'answer lost' ? 'answer lost, write committed' : kind + amount;
  const { profile, tab } = rule.match ?? {};
  return `${named}${tab || profile ? ` · ${tab ?? profile}` : ''}`;
};

/** @param {import('./entries.js').Entries} entries @param {import('./lanes.js').Lanes} lanes */
export const createFaults = (entries, lanes) => {
  /** @type {Map<string, {entry: Entry, left: number}>} */
  let open = new Map();

  /** @param {any} what @returns {string[]} */
  const lanesOf = (what) => {
    const match = what?.match ?? {};
    if (what?.tab) return [lanes.tab(what.tab)];
    const server = what?.server ?? what?.instance;
    if (server) return [lanes.server(server)];
    if (/redis/.test(String(what?.do ?? ''))) return lanes.redis() ? [lanes.redis()] : lanes.servers();
    const tab = match.profile && match.tab ? `${match.profile}/${match.tab}` : String(match.tab ?? '').includes('/') ? match.tab : '';
    const tabs = tab ? [lanes.tab(tab)] : match.profile ? lanes.ofProfile(match.profile) : lanes.tabs();
    const servers = match.upstream ? [lanes.server(match.upstream)] : [...new Set(tabs.map((each) => lanes.serverOf(each)))];
    return [...tabs, ...servers];
  };

  /** @param {string} id @param {number} i */
  const close = (id, i) => {
    const known = open.get(id);
    if (!known) return false;
    open.delete(id);
    if (known.entry.end === null) entries.end(known.entry, i);
    else entries.touch(known.entry, i);
    return true;
  };

  return {
    reset() {
      open = new Map();
    },
    /** @param {import('./rows.js').Row} row */
    began(row) {
      const [i, , , , told, rest] = row;
      const what = rest.what ?? {};
      close(rest.fault, i);
      const words = what.fault ? ruleWords(what.fault, what) : `${what.do ?? told} ${what.tab ?? what.server ?? ''}`.replaceAll('_', ' ').trim();
      const entry = entries.band(i, { label: short(words, 44), tone: 'bad', lanes: lanesOf(what), hits: [], rule: rest.fault, tab: what.tab ?? '' });
      open.set(rest.fault, { entry, left: what.limit ?? Infinity });
    },
    /** @param {import('./rows.js').Row} row */
    acted(row) {
      const known = open.get(row[REST].fault);
      if (!known) return;
      known.entry.hits.push(row[0]);
      known.left -= 1;
      entries.touch(known.entry, row[0]);
    },
    /** @param {import('./rows.js').Row} row */
    lifted: (row) => close(row[REST].fault, row[0]),
    /** Everything is healed. @param {import('./rows.js').Row} row */
    healed(row) {
      for (const id of [...open.keys()]) close(id, row[0]);
    },
  };
};
