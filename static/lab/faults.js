/** Faults: one press puts one in force, for whom is chosen once; those in force say how often they acted. */

import { button, el, foldable, forbid, keepList, set, write } from './dom.js';
import { counted, tabName } from './words.js';

/** What is done to one tab. A pane cannot crash or freeze: the lab refuses that by name, and says why. */
const TAB_FAULTS = /** @type {const} */ ([
  ['busy', 'busy 2 s', { for_ms: 2000 }], ['clock_jump', 'clock +1 h', { by_ms: 3_600_000 }],
  ['freeze', 'freeze', {}], ['crash', 'crash', {}],
]);

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ target: HTMLSelectElement, to: HTMLElement, offered: HTMLElement, force: HTMLElement, heal: HTMLButtonElement,
 *   fold: HTMLButtonElement }} at
 */
export const mountFaults = (lab, at) => {
  const { store } = lab;
  const inForce = keepList(at.force, ({ id }) => id, ({ id }) => {
    const title = el('span');
    const acted = el('span', { class: 'acted' });
    const lift = button('lift', () => lab.send('remove_rule', { rule: id }));
    return { root: el('li', {}, title, acted, lift), update: (fault) => {
      write(title, fault.title);
      write(acted, fault.acted ? `acted ${fault.acted}×` : 'not yet acted');
      set(acted, { 'data-some': String(fault.acted > 0) });
      set(lift, { 'aria-label': `lift ${fault.title}` });
    } };
  });

  const offer = () => {
    at.offered.replaceChildren(
      ...(store.hello?.faults ?? []).map((fault) => button(fault.title, () => apply(fault), { 'data-fault': fault.id })),
      ...TAB_FAULTS.map(([kind, title, more]) => button(title, () => lab.send('tab_fault', { tab: oneTab(), kind, ...more }), {
        'data-fault': kind, class: 'of-tab', title: 'in one tab: the chosen one, or the first',
      })),
    );
  };

  /** @param {import('./types.js').FaultOffered} fault */
  const apply = (fault) => {
    const target = fault.needs_tab ? oneTab() : store.target;
    const [profile, tab] = target.split('/');
    const whose = { ...(profile ? { profile } : {}), ...(tab ? { tab } : {}) };
    return lab.send('add_rule', { rule: { ...fault.rule, match: { ...fault.rule.match, ...whose } }, fault: fault.id, tab: target });
  };

  const oneTab = () => {
    const chosen = store.state.tabs.find(({ tab, profile }) => tab === store.target || profile === store.target);
    return (chosen ?? store.state.tabs[0])?.tab ?? '';
  };

  const targets = () => {
    const { tabs } = store.state;
    const profiles = [...new Set(tabs.map(({ profile }) => profile))];
    const wanted = [['', 'everybody'], ...profiles.map((name) => [name, `all of ${name}`]), ...tabs.map(({ tab }) => [tab, tabName(tab)])];
    if (at.target.options.length !== wanted.length || wanted.some(([value], i) => at.target.options[i].value !== value)) {
      at.target.replaceChildren(...wanted.map(([value, text]) => el('option', { value, text })));
      if (!wanted.some(([value]) => value === store.target)) store.target = '';
      at.target.value = store.target;
    }
  };

  // While one decides message by message, or reads what is wrong, what could be broken next is in the way.
  const unfold = foldable(at.fold, (open) => {
    at.offered.hidden = at.to.hidden = !open;
  });

  at.target.addEventListener('change', () => {
    store.target = at.target.value;
  });
  at.heal.addEventListener('click', () => lab.run('heal'));
  store.on('hello', offer);
  store.on('state', () => {
    targets();
    unfold(!store.held && store.state.verdict?.status !== 'violated');
    inForce.show(store.state.faults);
    for (const press of at.offered.querySelectorAll('button')) forbid(press, store.ended);
    at.heal.hidden = store.state.faults.length === 0;
    set(at.force, { 'aria-label': counted(store.state.faults.length, 'fault in force', 'faults in force') });
  });
};
