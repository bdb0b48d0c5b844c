/** The bar above: which scenario, whether the network is held, and what one leaves with. */

import { openGallery } from './gallery.js';
import { openMenu } from './menu.js';
import { set, write } from './dom.js';
import { duration } from './words.js';

const STRETCHES_MS = [100, 1000, 5000, 15_000, 60_000];

/**
 * @param {import('./types.js').Lab} lab
 * @param {Record<string, any>} at
 */
export const mountTopBar = (lab, at) => {
  const { store } = lab;
  const press = (element, id) => element.addEventListener('click', () => lab.run(id));
  for (const id of ['hold', 'step', 'advance', 'record', 'compare', 'issue', 'link', 'gallery', 'help']) press(at[id], id);

  at.stretch.addEventListener('click', () => openMenu(at.stretch, [
    ...STRETCHES_MS.map((ms) => ({ text: `by ${duration(ms)}`, run: () => lab.send('advance', { by_ms: ms }) })),
    { text: 'to the next timer', disabled: store.state.timers.length ? '' : 'no timer waits', run: toNextTimer },
  ]));
  const toNextTimer = () => lab.send('advance', { by_ms: Math.max(0, Math.min(...store.state.timers.map(({ in_ms }) => in_ms))) });

  at.more.addEventListener('click', () => openMenu(at.more, ['json', 'svg', 'real_tabs', 'real_tabs_headed', 'judge', 'heal', 'reset', 'free', 'palette', 'help'].map((id) => {
    const command = /** @type {any} */ (lab.commands().find((each) => each.id === id));
    return { text: command.title, key: command.key, disabled: command.when?.() ?? '', run: () => lab.run(id) };
  })));

  const render = () => {
    const { state } = store;
    const held = store.held;
    write(at.gallery.querySelector('.title'), state.scenario?.title || store.scenario?.title || 'choose a scenario');
    write(at.hold.querySelector('.word'), held ? '❚❚ network held' : '▶ network flows');
    set(at.hold, { 'aria-pressed': String(held), title: held ? 'let it go on' : 'hold every message, and time' });
    at.hold.disabled = store.ended !== '';
    for (const element of [at.step, at.advance, at.stretch]) element.disabled = !held;
    set(at.record, { 'aria-pressed': String(state.recording) });
    write(at.record.querySelector('.word'), state.recording ? 'recording' : 'record');
    at.bug.hidden = !state.bug;
    write(at.bugName, state.bug ?? '');
    at.issue.disabled = store.rows.length === 0;
    write(at.busy, state.busy);
  };
  store.on('state reset', render);
  store.on('records', () => {
    at.issue.disabled = false;
  });
  render();
  lab.dialogs.gallery = () => openGallery(lab);
};
