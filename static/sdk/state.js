export { StateClient } from './state-client.js';
