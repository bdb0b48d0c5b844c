/**
 * One tab's head: its name, how it stands, and its live page. The page is another origin's, so nothing of it can be
 * read here; what the head says comes from the lab's server.
 */

import { nameOf } from './diagram/rows.js';
import { button, el, set, write } from './dom.js';
import { tabName } from './words.js';

/** Where the page is if it is not in here: said in a line over what it shows, and in full. */
const ELSEWHERE = {
  window: ['In a window of its own; here is what it shows.', 'It is the same tab, on the same lane; closing the window closes it.'],
  page: ['A real Chromium tab; here is what it shows.', 'It can crash, freeze and be hidden, which a pane cannot.'],
  closed: ['Closed; here is what it showed last.', 'Its lane stays, as long as the record of it does.'],
};

/**
 * @param {import('./types.js').Lab} lab
 * @param {string} tab
 */
export const makePane = (lab, tab) => {
  const name = tabName(tab);
  const leader = el('span', { class: 'badge', text: 'leader' });
  const state = el('span', { class: 'state' });
  const screen = el('div', { class: 'screen' });
  const elsewhere = el('p', { class: 'elsewhere' });
  const recorded = el('div', { class: 'recorded', hidden: true });
  const pending = el('span', { class: 'pending' });
  const act = (title, text, run) => button(text, run, { title, 'aria-label': `${title} ${name}` });
  const offline = act('cut the network of', '', () => lab.send('offline', { tab, on: !now?.offline }));
  offline.append(el('span', { class: 'roomy', text: 'offline' }), el('span', { class: 'tight', text: '⇅' }));
  const popOut = act('open in a window of its own:', '⤢', () => openWindow());
  const reload = act('reload', '↻', () => lab.send('reload', { tab }));
  const close = act('close', '×', () => lab.send('close_tab', { tab }));
  const buttons = el('span', { class: 'acts' }, reload, offline, popOut, close);
  const keys = el('p', { class: 'keys' }, el('span', { class: 'roomy', text: 'keys are the page’s · ' }), 'Esc leaves it');
  const root = el(
    'section',
    { class: 'pane', 'aria-label': name, tabindex: -1, 'data-tab': tab },
    el('header', {}, el('h2', { text: name }), leader, state),
    screen, elsewhere, recorded, keys,
    el('footer', {}, pending, buttons),
  );
  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  /** @type {any} */
  let now = null;
  let drawn = '';

  const openWindow = async () => {
    const url = await lab.send('pop_out', { tab });
    if (url) window.open(url.url ?? url, '_blank', 'noopener');
  };

  const load = (url) => {
    frame?.remove();
    // The name says which tab it is to the script that the wire puts into its documents.
    frame = el('iframe', { name: tab, src: url, title: `${name}, the live page` });
    screen.append(frame);
  };
  const unload = () => {
    frame?.remove();
    frame = null;
  };

  return {
    root,
    load,
    unload,
    get frame() {
      return frame;
    },
    reload() {
      if (frame) load(frame.src);
    },
    /** What a pane shows of its tab. @param {any} tab */
    update(tab) {
      now = tab;
      const kind = tab.kind;
      if (kind !== 'pane') unload();
      set(root, { 'data-kind': kind, 'data-live': String(Boolean(tab.live)) });
      leader.hidden = !tab.leader;
      // What nobody is there to say any more is not so: a window may have been closed a moment ago.
      const unheard = kind === 'window' && !tab.live && !tab.past && tab.state !== '';
      const is = unheard ? '' : tab.state;
      set(state, { 'data-state': is || 'unknown', title: is || '' });
      write(state, is || (kind === 'closed' ? 'closed' : unheard ? 'not heard' : tab.live ? 'no word yet' : tab.past ? 'not yet' : 'loading'));
      screen.hidden = kind !== 'pane';
      elsewhere.hidden = kind === 'pane';
      const [short, long] = ELSEWHERE[kind] ?? ['', ''];
      write(elsewhere, short);
      set(elsewhere, { title: long });
      write(pending, `${tab.pending ?? 0} pending`);
      pending.dataset.some = String(Boolean(tab.pending));
      buttons.hidden = kind === 'closed' || lab.store.ended !== '';
      popOut.hidden = kind !== 'pane';
      set(offline, { 'aria-pressed': String(Boolean(tab.offline)) });
    },
    /**
     * What was recorded of it: over the live page while the reader is in the past, and in its place where the page
     * is not in here.
     * @param {import('./types.js').Row | undefined | null} row @param {boolean} past
     */
    show(row, past) {
      if (frame) frame.inert = past;
      root.classList.toggle('past', past);
      recorded.hidden = !past && now?.kind === 'pane';
      if (recorded.hidden) return;
      const as = `${past} ${row?.[0]}`;
      if (as === drawn) return;
      drawn = as;
      const items = row?.[5].items ?? [];
      const waiting = new Set(row?.[5].pending ?? []);
      recorded.replaceChildren(
        past ? el('p', { text: row ? `recorded, #${row[0]}` : 'nothing recorded yet' }) : '',
        el('ul', {}, ...items.map((item) => recordedItem(item, waiting.has(item?.id)))),
        items.length === 0 && (row || !past) ? el('p', { text: row ? 'shows nothing' : 'no view was told yet' }) : '',
      );
    },
    focus: () => root.focus(),
  };
};

const recordedItem = (item, pending) => {
  const title = typeof item === 'object' && item !== null ? nameOf(item) : JSON.stringify(item);
  const version = item?.version ? `v${item.version}` : '';
  return el('li', { 'data-pending': String(pending) }, el('span', { text: title }), el('small', { text: pending ? 'pending' : version }));
};
