/** What the rows say each tab showed and was in, found again for any place in them. Draws nothing. */

export const createRecorded = () => {
  /** @type {Map<string, Record<string, import('./types.js').Row[]>>} */
  const tabs = new Map();
  /** @type {Set<string>} */
  const channels = new Set();
  /** @type {Set<string>} */
  const mutations = new Set();

  const of = (tab, kind) => {
    const kinds = tabs.get(tab) ?? { view: [], state: [], tab: [] };
    tabs.set(tab, kinds);
    return kinds[kind];
  };

  /** The last row at or before `i`. @param {import('./types.js').Row[]} rows @param {number} i */
  const upTo = (rows, i) => {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle][0] <= i) low = middle + 1;
      else high = middle;
    }
    return rows[low - 1];
  };

  return {
    reset() {
      for (const kept of [tabs, channels, mutations]) kept.clear();
    },
    /** @param {import('./types.js').Row[]} rows */
    append(rows) {
      for (const row of rows) {
        const [, , , kind, , rest] = row;
        if (rest.channel) channels.add(rest.channel);
        const mutation = rest.mutation || rest.mutation_id;
        if (mutation) mutations.add(String(mutation));
        if ((kind === 'view' || kind === 'state' || kind === 'tab') && rest.tab) of(rest.tab, kind).push(row);
      }
    },
    /** @param {string} tab @param {number} i */
    view: (tab, i) => upTo(tabs.get(tab)?.view ?? [], i),
    /** The view that `row` followed on. @param {import('./types.js').Row} row */
    viewBefore: ([i, , , , , rest]) => upTo(tabs.get(rest.tab)?.view ?? [], i - 1),
    /** @param {string} tab @param {number} i */
    state: (tab, i) => upTo(tabs.get(tab)?.state ?? [], i),
    tabs: () => [...tabs.keys()],
    channels: () => [...channels],
    mutations: () => [...mutations],
  };
};
