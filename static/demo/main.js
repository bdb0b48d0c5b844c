/** The demo page: one client, one collection, and four views of them. */

import { BroadcastClient, createCollection } from '/static/sdk/index.js';
import { mountFaults } from './faults.js';
import { mountFigures } from './figures.js';
import { mountList } from './list.js';
import { mountLog } from './log.js';

const client = new BroadcastClient('/ws/broadcast');
const orders = createCollection({ name: 'orders', client });

await client.ready; // this browser's name, by which the fault buttons ask
mountLog(client, orders);
mountList(orders);
mountFigures(client, orders);
mountFaults(client, orders);

// Whose browser this is: another origin is another profile, with storage and tabs of its own.
const profile = location.hostname.endsWith('.localhost') ? location.hostname.split('.')[0] : null;
document.getElementById('who').textContent = profile ? `${profile}’s browser` : '';
if (profile) document.title = `${profile} · ${document.title}`;

const open = (address) => window.open(address, '_blank', 'noopener');
document.querySelector('[data-testid="second-tab"]').addEventListener('click', () => open(location.href));

const bob = document.querySelector('[data-testid="open-bob"]');
const other = profile === 'bob' ? 'localhost' : 'bob.localhost';
if (profile === 'bob') bob.textContent = 'Open as the first user';
bob.addEventListener('click', () => open(`${location.protocol}//${other}:${location.port}/`));
// Only names under localhost reach this server without a DNS of one's own.
bob.disabled = !/(^|\.)localhost$/.test(location.hostname);
if (bob.disabled) bob.title = 'Open this page as http://localhost to have a second profile';

client.connect();
document.getElementById('new-title').focus();
