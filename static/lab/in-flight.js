/**
 * What waits: messages at the wire, and timers of pages and servers, in one list. One of them is current; keys act on it.
 */

import { button, el, foldable, keepList, keyed, set, write } from './dom.js';
import { DOES, IMPOSSIBLE, isImpossible, refusal } from './impossible.js';
import { openMenu } from './menu.js';
import { roving } from './roving.js';
import { counted, duration, route, tabName } from './words.js';

/** @param {import('./types.js').InFlight} message */
export const messageKey = ({ id, name }) => `m:${id ?? name}`;
/** @param {import('./types.js').Timer} timer */
export const timerKey = ({ owner, name }) => `t:${owner} ${name}`;

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ list: HTMLElement, count: HTMLElement, note: HTMLElement }} at
 */
export const mountInFlight = (lab, at) => {
  const { store } = lab;
  /** Chosen by somebody; until then the first that waits is meant. */
  let chosen = '';
  const rove = roving(at.list, (item) => {
    chosen = item.dataset.key ?? '';
    store.set('current', chosen);
  });
  let showsTimers = false;
  const makeOf = (entry) => (entry.message ? messageCard(lab, entry) : entry.timer ? timerCard(lab, entry) : timersFold());
  const list = keepList(at.list, ({ key }) => key, makeOf);

  /** Pages have many timers, and mostly it is a message that one waits for: one line stands for them all. */
  function timersFold() {
    const press = el('button', { type: 'button', class: 'fold' });
    const unfold = foldable(press, (open) => {
      if (open === showsTimers) return;
      showsTimers = open;
      render();
    });
    unfold(showsTimers);
    const root = el('li', { class: 'timers-fold', 'data-still': true }, press);
    return { root, update: () => {
      const { timers } = store.state;
      const next = Math.max(0, Math.min(...timers.map(({ in_ms }) => in_ms)));
      write(press, `${counted(timers.length, 'timer waits', 'timers wait')}, the next ${next ? `in ${duration(next)}` : 'is due'}`);
    } };
  }

  const entries = () => [
    ...store.state.in_flight.map((message) => ({ key: messageKey(message), message })),
    ...(store.held && store.state.timers.length ? [{ key: 'timers' }] : []),
    ...(store.held && showsTimers ? store.state.timers.map((timer) => ({ key: timerKey(timer), timer })) : []),
  ];

  /** Where the script pauses it speaks of one message, and that one is meant by the keys. */
  let pausedAt = '';
  const chooseForScript = () => {
    const { scenario, in_flight: messages } = store.state;
    const at = scenario?.paused ? `${store.run} ${scenario.step}` : '';
    if (at === pausedAt) return;
    const next = scenario?.paused ? store.scenario?.raw?.steps?.[scenario.step] : null;
    const meant = messages.find(({ name, head }) => head && name === next?.message);
    if (next?.message && !meant) return; // not there yet: the next state may have it
    pausedAt = at;
    if (meant) chosen = messageKey(meant);
  };

  const render = () => {
    chooseForScript();
    const { in_flight, timers, mode, tabs, not_repeatable } = store.state;
    const before = rove.items().findIndex((child) => child.contains(document.activeElement));
    const shown = entries();
    list.show(shown);
    rove.refresh();
    // Who delivers one message after the other keeps the keyboard where the next one is.
    const items = rove.items();
    if (before >= 0 && !at.list.contains(document.activeElement)) items[Math.min(before, items.length - 1)]?.focus();
    const current = items.find((item) => item.dataset.key === chosen) ?? items[0];
    if (current?.dataset.key !== chosen) chosen = '';
    if (current && current !== rove.current) rove.become(current);
    store.set('current', current?.dataset.key ?? '');

    const held = counted(in_flight.length, 'message');
    write(at.count, mode === 'held' ? `${in_flight.length} held · time waits` : in_flight.length ? `${held} on the way` : '');
    at.count.dataset.mode = mode;
    const inBrowsers = tabs.reduce((sum, tab) => sum + (/** @type {any} */ (tab).in_browser ?? 0), 0);
    write(at.note, [
      mode === 'held' && shown.length === 0 && 'Nothing waits. Do something in a tab, or let time move.',
      mode === 'free' && shown.length === 0 && 'Messages pass. Hold the network and each one waits here for you.',
      inBrowsers && `${counted(inBrowsers, 'request')} only in the browser yet: Chromium opens six connections to a host, these wait behind them.`,
      mode === 'held' && timers.some(({ reachable }) => reachable === false) && 'A server’s timers come due as time moves; they cannot be fired alone.',
      mode === 'held' && not_repeatable.length && `Not repeatable: ${not_repeatable.join('; ')}.`,
    ].filter(Boolean).join(' '));
  };
  store.on('state', render);
  render();

  return {
    /** What keys act on. */
    message: () => store.state.in_flight.find((message) => messageKey(message) === store.current)
      ?? store.state.in_flight.find(({ head }) => head),
    timer: () => store.state.timers.find((timer) => timerKey(timer) === store.current)
      ?? [...store.state.timers].filter(({ reachable }) => reachable !== false).sort((a, b) => a.in_ms - b.in_ms)[0],
    /** What Enter means: a timer only if it was chosen. */
    chosenTimer: () => store.state.timers.find((timer) => timerKey(timer) === store.current),
  };
};

/** @param {import('./types.js').Lab} lab */
const messageCard = (lab, { key }) => {
  let now = /** @type {any} */ (null);
  const does = (name) => () => lab.send(name, { message: now.name });
  const title = el('span', { class: 'card-title' });
  const layer = el('span', { class: 'layer' });
  const about = el('p', { class: 'about' });
  const more = button('⋯', () => openMenu(more, DOES.map(([name, text, shortcut]) => ({
    text, key: shortcut, note: isImpossible(now, name) ? IMPOSSIBLE : '', disabled: refusal(now, name), run: does(name),
  }))), { 'aria-haspopup': 'menu', 'aria-label': `drop, duplicate, reorder: ${IMPOSSIBLE}`, title: IMPOSSIBLE });
  const deliver = keyed('deliver', '↵', does('deliver'), { class: 'primary' });
  const before = keyed('end before', 'X', does('end_before'), { title: 'its connection ends, this message is lost' });
  const after = button('end after', does('end_after'), { title: 'it arrives, then its connection ends' });
  const acts = el('div', { class: 'acts' }, deliver, before, after, more);
  const root = el('li', { class: 'card', 'data-key': key, tabindex: -1 }, el('div', { class: 'card-head' }, title, layer), about, acts);
  return { root, update: ({ message }) => {
    now = message;
    write(title, message.label);
    write(layer, message.layer === 'ws' ? 'WS' : message.layer.toUpperCase());
    const behind = message.head ? '' : ' · behind the one before it';
    write(about, `${route(message)}${behind}`);
    set(root, { title: message.name, 'data-behind': String(!message.head), 'aria-label': `${message.label}, ${route(message)}${behind}` });
    acts.hidden = !message.head;
  } };
};

/** @param {import('./types.js').Lab} lab */
const timerCard = (lab, { key }) => {
  let now = /** @type {any} */ (null);
  const title = el('span', { class: 'card-title' });
  const about = el('p', { class: 'about' });
  const fire = keyed('fire', 'F', () => lab.send('fire', { tab: now.owner, timer: now.name }));
  const root = el(
    'li', { class: 'card timer', 'data-key': key, tabindex: -1 },
    el('div', { class: 'what' }, title, about), fire,
  );
  return { root, update: ({ timer }) => {
    now = timer;
    const owner = timer.owner.includes('/') ? tabName(timer.owner) : timer.owner;
    write(title, `${owner} · ${timer.name}`);
    write(about, `timer, ${timer.in_ms <= 0 ? 'due now' : `due in ${duration(timer.in_ms)}`}`);
    set(root, { 'aria-label': `timer of ${owner}: ${timer.name}, due in ${duration(timer.in_ms)}`, title: `${owner} ${timer.name}` });
    fire.hidden = timer.reachable === false;
    root.dataset.reachable = String(timer.reachable !== false);
  } };
};
