/** The head of a server's lane, or of Redis's: whether it runs, and a button that really stops it. */

import { button, el, set, write } from './dom.js';

/** @param {import('./types.js').Lab} lab @param {string} id  `server a`, `redis` */
export const makeServerHead = (lab, id) => {
  const state = el('span', { class: 'state' });
  const stop = button('', () => {
    if (id === 'redis') lab.send(up ? 'stop_redis' : 'start_redis');
    else lab.send(up ? 'kill_server' : 'start_server', { name });
  });
  const root = el(
    'section',
    { class: 'server', 'aria-label': id, 'data-server': id },
    el('header', {}, el('h2', { text: id })), el('footer', {}, state, stop),
  );
  let up = true;
  let name = '';
  return {
    root,
    update(server) {
      ({ up, name } = server);
      set(state, { 'data-state': up ? 'up' : 'down' });
      write(state, up ? 'up' : 'down');
      write(stop, up ? (id === 'redis' ? 'stop' : 'kill') : 'start');
      set(stop, { 'aria-label': `${up ? (id === 'redis' ? 'stop' : 'kill') : 'start'} ${id}` });
    },
  };
};
