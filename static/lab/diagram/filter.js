/**
 * Which entries are shown. Pure.
 *
 * What is rarely wanted is left out until somebody asks for it: documents and modules, pings, what tabs say to
 * each other to keep house, clock readings,
 * log reads, what the app was handed (its view says the same), expectations that were met, steps.
 */

/** @typedef {import('./entries.js').Entry} Entry */

/** What can be asked for, and what it is called. */
export const QUIET = {
  document: 'documents and modules',
  ping: 'pings and position checks',
  between: 'leader, links and receipts between tabs',
  handed: 'events as handed to the app',
  same: 'views that show the same',
  connection: 'connections',
  met: 'expectations that were met',
  step: 'steps',
  note: 'notes',
  log: 'reads of the log',
  clock: 'clock readings',
};

/**
 * @typedef {object} Wanted
 * @property {string[]} [tabs] only these tabs, and the servers
 * @property {string} [channel]
 * @property {string} [mutation]
 * @property {string} [text]
 * @property {string[]} [show] quiet categories to show as well, or 'all'
 */

/** Said by one tab to others, not to a server. @param {Entry} entry */
export const isBetweenTabs = ({ category }) => category === 'sibling' || category === 'between';

/** @param {string} tab */
const isTab = (tab) => tab.includes('/');

/** @param {Wanted} wanted @param {(i: number) => string} toldOf @param {Set<Entry>} revealed @returns {(entry: Entry) => boolean} */
export const createFilter = ({ tabs = [], channel = '', mutation = '', text = '', show = [] }, toldOf, revealed) => {
  const shown = new Set(show);
  const among = new Set(tabs);
  const sought = text.trim().toLowerCase();
  const number = mutation.replace(/^m(?=\d)/, '');
  return (entry) => {
    if (isBetweenTabs(entry) && entry.to === '') return false; // nobody heard it
    if (revealed.has(entry)) return true;
    if (entry.category in QUIET && !shown.has('all') && !shown.has(entry.category)) return false;
    if (entry.type === 'band' || entry.type === 'line') return sought === '' || entry.label.toLowerCase().includes(sought);
    if (among.size && ![entry.tab, entry.from, entry.to, entry.lane].some((lane) => isTab(lane) && among.has(lane))) {
      if (entry.category !== 'commit') return false;
    }
    if (channel && entry.channel !== channel) return false;
    if (number && entry.mutation !== number) return false;
    if (sought && !entry.label.toLowerCase().includes(sought) && !toldOf(entry.i).toLowerCase().includes(sought)) return false;
    return true;
  };
};
