/** Where the scenario stands: its step, what it asks of the person who plays, and whether it was left. */

import { el, set, write } from './dom.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {{ bar: HTMLElement, play: HTMLButtonElement, again: HTMLButtonElement, where: HTMLElement, hint: HTMLElement }} at
 */
export const mountScriptBar = (lab, at) => {
  const { store } = lab;
  at.play.addEventListener('click', () => lab.run('play'));
  at.again.addEventListener('click', () => lab.run('again'));
  let said = '';

  const render = () => {
    const { scenario, busy, driver, bug } = store.state;
    at.bar.hidden = !scenario && !bug;
    at.play.hidden = at.where.hidden = at.hint.hidden = at.again.hidden = !scenario;
    if (!scenario) return;
    const playing = /^playing/.test(busy);
    const ended = scenario.step >= scenario.steps && !playing;
    write(at.play, playing ? '❚❚ pause' : '▶ play on');
    at.play.hidden = ended || scenario.off_script;
    at.again.hidden = !at.play.hidden;
    write(at.where, `step ${scenario.step} of ${scenario.steps}${driver === 'tabs' ? ' · in real tabs' : ''}`);
    const hint = scenario.off_script ? 'You left the script; from here on the world is yours.'
      : scenario.paused ?? (ended ? 'Played to its end.' : scenario.step === 0 && !playing ? 'Ready. Nothing was played yet.' : '');
    set(at.bar, { 'data-paused': String(Boolean(scenario.paused) && !scenario.off_script) });
    at.hint.replaceChildren(...withKeys(hint));
    if (hint && hint !== said) lab.notices.say(hint);
    said = hint;
  };
  store.on('state reset', render);
};

/** A key named in a hint looks like a key: `Press X: …`. @param {string} hint */
const withKeys = (hint) => hint.split(/\b((?<=[Pp]ress )(?:[A-Z?[\]/]|Space|Enter))(?=[\s:,.]|$)/)
  .map((part, i) => (i % 2 ? el('kbd', { text: part }) : part));
