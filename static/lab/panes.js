/**
 * The heads of the diagram: tabs by profile, then servers, then Redis if asked for. Owns which of them there are and
 * where they stand; what is in one is pane.js's and server-head.js's.
 */

import { button, el, forbid, inFrame, keepList, write } from './dom.js';
import { createOrder, layOut } from './layout.js';
import { makePane } from './pane.js';
import { makeServerHead } from './server-head.js';
import { serverName } from './words.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ stage: HTMLElement, lanes: HTMLElement, groups: HTMLElement, heads: HTMLElement, empty: HTMLElement,
 *   addProfile: HTMLButtonElement }} at
 * @param {ReturnType<import('./recorded.js').createRecorded>} recorded
 */
export const mountPanes = (lab, at, recorded) => {
  const { store } = lab;
  /** Panes that the server asked for, also before its state tells of them. @type {Map<string, string>} */
  const asked = new Map();
  const list = keepList(at.heads, ({ id }) => id, (head) => (head.tab ? paneOf(head) : serverOf(head)));
  const groups = keepList(at.groups, ({ name }) => name, makeGroup);
  /** @type {{ id: string, x: number, width: number }[]} */
  let lanes = [];
  let laidOutAs = '';
  let inOrder = createOrder();
  let orderOf = /** @type {any} */ (null);

  function paneOf({ id }) {
    const pane = makePane(lab, id);
    return { root: pane.root, pane, update: ({ tab }) => {
      pane.update(shownOf(tab));
      if (tab.kind === 'pane' && !pane.frame) {
        const url = asked.get(id); // a page that takes over the panes is asked for each
        if (url) pane.load(url);
      }
    } };
  }
  function serverOf({ id }) {
    const head = makeServerHead(lab, id);
    return { root: head.root, update: ({ server }) => head.update(server) };
  }
  function makeGroup({ name, profile }) {
    const label = el('span', { class: 'group-name' });
    const more = profile
      ? button('+ tab', () => lab.send('open_tab', { profile }), { 'aria-label': `open another tab of ${profile}` })
      : button('Redis', () => lab.run('redis'), { title: 'show Redis as a lane of its own' });
    const root = el('div', { class: 'group' }, label, more);
    return { root, update: (group) => {
      write(label, group.profile ?? 'servers');
      root.style.width = `${group.width}px`;
      if (group.profile) return forbid(more, store.ended);
      more.hidden = !store.state.redis;
      more.setAttribute('aria-pressed', String(store.redisUnfolded));
    } };
  }

  /** The tab as it is, or as it was where the reader stands. */
  const shownOf = (tab) => {
    if (!store.scrubbing) return tab;
    const state = recorded.state(tab.tab, store.at)?.[5];
    const view = recorded.view(tab.tab, store.at)?.[5];
    return { ...tab, live: false, past: true, state: state?.state ?? '', pending: view?.pending?.length ?? 0 };
  };

  const tabs = () => {
    const known = new Map(store.state.tabs.map((tab) => [tab.tab, tab]));
    for (const tab of [...asked.keys(), ...recorded.tabs()]) {
      if (known.has(tab) || !tab.includes('/')) continue;
      const [profile, number] = tab.split('/');
      const kind = asked.has(tab) ? 'pane' : 'closed';
      known.set(tab, /** @type {any} */ ({ tab, profile, number: Number(number), kind, state: '', pending: 0, live: false }));
    }
    // A world's header may come a little after the world; what was seen until then was the old one's.
    if (orderOf !== store.header) {
      orderOf = store.header;
      inOrder = createOrder(Object.keys(store.header?.profiles ?? store.scenario?.raw?.profiles ?? {}));
    }
    return inOrder([...known.values()]);
  };

  const render = () => {
    const shown = tabs();
    const servers = store.state.servers.map((server) => ({ id: serverName(server.name), server }));
    const redis = store.state.redis && store.redisUnfolded ? [{ id: 'redis', server: { ...store.state.redis, name: 'redis' } }] : [];
    list.show([...shown.map((tab) => ({ id: tab.tab, tab })), ...servers, ...redis]);
    at.empty.hidden = shown.length > 0;
    place(shown, [...servers, ...redis].map(({ id }) => id));
    forbid(at.addProfile, store.ended);
    past();
  };

  const place = (shown, servers) => {
    const width = at.stage.clientWidth;
    const laid = layOut({ tabs: shown.map(({ tab }) => tab), servers, width });
    const as = JSON.stringify(laid);
    const widthOf = new Map(laid.lanes.map((lane) => [lane.id, lane]));
    for (const child of /** @type {any} */ (at.heads.children)) {
      const lane = widthOf.get(child.dataset.tab ?? child.dataset.server);
      if (lane) child.style.width = `${lane.width}px`;
    }
    const span = (ids) => {
      const of = ids.map((id) => widthOf.get(id)).filter(Boolean);
      return of.length ? of[of.length - 1].x + of[of.length - 1].width / 2 - of[0].x + of[0].width / 2 : 0;
    };
    const profiles = [...new Set(shown.map(({ profile }) => profile))];
    groups.show([
      ...profiles.map((profile) => ({
        name: `profile ${profile}`, profile,
        width: span(shown.filter((tab) => tab.profile === profile).map(({ tab }) => tab)),
      })),
      ...(servers.length ? [{ name: 'servers', width: span(servers) }] : []),
    ]);
    if (as === laidOutAs) return;
    laidOutAs = as;
    lanes = laid.lanes;
    at.lanes.style.width = `${laid.width}px`;
    const lastTab = laid.lanes[shown.length - 1];
    if (lastTab) at.addProfile.style.left = `${lastTab.x + lastTab.width / 2 - at.addProfile.offsetWidth}px`;
    lab.diagram?.setLanes?.(laid.lanes);
  };

  const past = () => {
    for (const tab of tabs()) {
      /** @type {any} */ (list.part(tab.tab))?.pane.show(recorded.view(tab.tab, store.at), store.scrubbing);
    }
  };

  const paneOfTab = (tab) => /** @type {any} */ (list.part(tab))?.pane;
  const soon = inFrame(render);
  store.on('state reset cursor redisUnfolded', soon);
  store.on('records', () => recorded.tabs().length > at.heads.children.length && soon());
  const soonPast = inFrame(past);
  store.on('records', () => store.state.tabs.some(({ kind }) => kind !== 'pane') && soonPast());
  new ResizeObserver(soon).observe(at.stage);

  return {
    render,
    lanes: () => lanes,
    /** Those that are here and those that were. */
    tabs,
    paneOf: paneOfTab,
    list: () => tabs().map(({ tab }) => paneOfTab(tab)).filter(Boolean),
    /** What the server asks: a pane to be opened, closed, loaded anew. */
    hear({ do: does, tab, url }) {
      if (does === 'close') {
        asked.delete(tab);
        paneOfTab(tab)?.unload();
      } else if (does === 'reload') paneOfTab(tab)?.reload();
      else {
        asked.set(tab, url);
        const pane = paneOfTab(tab);
        if (pane) pane.load(url);
      }
      render();
    },
    /** The server has begun anew: what it wants open it will say again. */
    forget: () => asked.clear(),
  };
};
