/** The demo page: one client, one collection, and four views of them. */

import { BroadcastClient, createCollection } from '/static/sdk/index.js';
import { offerBed } from './bed.js';
import { mountFaults } from './faults.js';
import { mountFigures } from './figures.js';
import { mountList } from './list.js';
import { mountLog } from './log.js';
import { mountOthers, profileOf } from './others.js';

// In a pane of the lab there is room for the orders alone, and the lab breaks things better.
const embedded = window !== window.top;
document.documentElement.classList.toggle('embedded', embedded);

/** Until `closed` is aborted; then it may be mounted again. */
const mount = (client, orders, profile, closed) => {
  mountOthers(profile, closed);
  mountLog(client, orders);
  mountList(orders, closed);
  mountFigures(client, orders);
  if (!embedded) mountFaults(client, orders, closed);
};

const profile = profileOf(location.hostname);
if (globalThis.__syncbed) {
  offerBed(mount, profile ?? 'somebody');
} else {
  const client = new BroadcastClient('/ws/broadcast');
  mount(client, createCollection({ name: 'orders', client }), profile, new AbortController().signal);
  client.connect();
}
// In a frame the focus is the page's around it.
if (!embedded) document.getElementById('new-title').focus();
