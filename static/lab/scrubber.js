/** The cursor: where the reader stands in the record, which way down is, and what is left out of the picture. */

import { el, inFrame, set, write } from './dom.js';
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
    /** @param {'event' | 'violation'} what @param {1 | -1} way */
    move(what, way) {
      const { diagram } = lab;
      const found = what === 'event' ? (way > 0 ? diagram.next(store.at) : diagram.previous(store.at)) : violation(way);
      if (found == null) return way > 0 && what === 'event' ? cursor.set(null) : undefined;
      cursor.set(found);
      cursor.select(found);
    },
    turnAxis() {
      store.set('axis', store.axis === 'order' ? 'time' : 'order');
    },
    turnRedis() {
      store.set('redisUnfolded', !store.redisUnfolded);
    },
  };

  const violation = (way) => {
    const told = (store.state.verdict?.findings ?? []).filter(({ status }) => status === 'violated')
      .flatMap(({ witness }) => witness.map(({ i }) => i)).sort((a, b) => a - b);
    const from = store.selected ?? (way > 0 ? -1 : Infinity);
    return way > 0 ? told.find((i) => i > from) : told.findLast((i) => i < from);
  };

  const render = () => {
    const last = store.rows.length - 1;
    at.range.max = String(Math.max(0, last));
    at.range.value = String(Math.max(0, store.at));
    at.range.disabled = last < 0;
    const where = last < 0 ? 'nothing recorded yet'
      : store.scrubbing ? `step ${store.at} of ${last}, the tabs are at ${last}` : `step ${last} of ${last} · live`;
    write(at.where, where);
    set(at.range, { 'aria-valuetext': where });
    at.again.hidden = at.live.hidden = !store.scrubbing;
    document.body.classList.toggle('scrubbing', store.scrubbing);
    write(at.axis.querySelector('.word'), store.axis);
    set(at.axis, { 'aria-label': `down is ${store.axis}` });
  };

  at.range.addEventListener('input', () => {
    const i = Number(at.range.value);
    cursor.set(i >= store.rows.length - 1 ? null : i);
  });
  at.axis.addEventListener('click', () => lab.run('axis'));
  at.live.addEventListener('click', () => lab.run('live'));
  at.again.addEventListener('click', () => lab.run('run_to'));

  const filter = () => {
    lab.diagram.filter({
      tabs: at.tabs.value ? [at.tabs.value] : null, channel: at.channel.value || null,
      mutation: at.mutation.value || null, text: at.text.value.trim(),
    });
    const some = Boolean(at.tabs.value || at.channel.value || at.mutation.value || at.text.value.trim());
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
