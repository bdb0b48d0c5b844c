export { BroadcastClient } from './broadcast-client.js';
export { createCollection } from './collection.js';
