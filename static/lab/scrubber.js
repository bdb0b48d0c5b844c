/** The cursor: where the reader stands in the record, which way down is, and what is left out of the picture. */

import { QUIET } from './diagram/filter.js';
import { el, inFrame, set, write } from './dom.js';
import { openMenu } from './menu.js';
import { tabName } from './words.js';

/**
 * @param {import('./types.js').Lab} lab
 * @param {Record<string, any>} at
 * @param {ReturnType<import('./recorded.js').createRecorded>} recorded
 */
export const mountScrubber = (lab, at, recorded) => {
  const { store } = lab;

  const cursor = {
    /** @param {number | null} i */
    set(i) {
      const last = store.rows.length - 1;
      store.set('cursor', i === null || last < 0 ? null : Math.max(0, Math.min(last, i)));
    },
    /** @param {number | null} i */
    select(i) {
      store.set('selected', i !== null && i < store.rows.length ? i : null);
    },
    /** The end, as it comes: what was looked at on the way is done with. */
    live() {
      cursor.select(null);
      cursor.set(null);
      lab.diagram.setCursor(null);
    },
    /** @param {'event' | 'violation' | 'command'} what @param {1 | -1} way */
    move(what, way) {
      // The diagram knows what it shows, and tells `onCursor` where it went.
      const found = way > 0 ? lab.diagram.next(what) : lab.diagram.previous(what);
      if (found !== null) cursor.select(found);
      else if (way > 0 && what === 'event') cursor.live();
    },
    turnAxis() {
      store.set('axis', store.axis === 'order' ? 'time' : 'order');
    },
    turnRedis() {
      store.set('redisUnfolded', !store.redisUnfolded);
    },
  };

  const render = () => {
    const last = store.rows.length - 1;
    at.range.max = String(Math.max(0, last));
    at.range.value = String(Math.max(0, store.at));
    at.range.disabled = last < 0;
    const where = last < 0 ? 'nothing recorded yet'
      : store.scrubbing ? `record ${store.at} of ${last}, the tabs are at ${last}` : `record ${last} of ${last} · live`;
    write(at.where, where);
    set(at.range, { 'aria-valuetext': where });
    at.again.hidden = at.live.hidden = !store.scrubbing;
    document.body.classList.toggle('scrubbing', store.scrubbing);
    write(at.axis.querySelector('.word'), store.axis);
    set(at.axis, { 'aria-label': `down is ${store.axis}` });
  };

  at.range.addEventListener('input', () => {
    const i = Number(at.range.value);
    cursor.select(null); // who scrubs looks at a place, not at what was selected at another
    if (i >= store.rows.length - 1) cursor.live();
    else cursor.set(i);
  });
  at.axis.addEventListener('click', () => lab.run('axis'));
  at.live.addEventListener('click', () => lab.run('live'));
  at.again.addEventListener('click', () => lab.run('run_to'));

  /** What is left out until somebody asks for it. @type {Set<string>} */
  const also = new Set();
  at.also.addEventListener('click', () => openMenu(at.also, Object.entries(QUIET).map(([name, text]) => ({
    text, checked: also.has(name), run: () => {
      if (!also.delete(name)) also.add(name);
      filter();
    },
  }))));

  const filter = () => {
    lab.diagram.filter({
      tabs: at.tabs.value ? [at.tabs.value] : [], channel: at.channel.value, mutation: at.mutation.value,
      text: at.text.value.trim(), show: [...also],
    });
    const some = Boolean(at.tabs.value || at.channel.value || at.mutation.value || at.text.value.trim() || also.size);
    set(at.filters, { 'data-some': String(some) });
  };
  for (const name of ['tabs', 'channel', 'mutation']) at[name].addEventListener('change', filter);
  at.text.addEventListener('input', filter);

  /** Options grow with the record; what is chosen stays chosen. */
  const options = () => {
    for (const [select, all, values, told] of [
      [at.tabs, 'all tabs', recorded.tabs(), tabName], [at.channel, 'all channels', recorded.channels(), String],
      [at.mutation, 'all mutations', recorded.mutations(), (id) => `mutation ${id}`],
    ]) {
      if (select.options.length === values.length + 1) continue;
      const chosen = select.value;
      select.replaceChildren(el('option', { value: '', text: all }), ...values.map((value) => el('option', { value, text: told(value) })));
      select.value = values.includes(chosen) ? chosen : '';
    }
  };
  const soon = inFrame(() => {
    render();
    options();
  });
  store.on('records cursor reset axis', soon);
  soon();
  return cursor;
};
