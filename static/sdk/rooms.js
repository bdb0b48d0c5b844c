export { RoomsClient } from './rooms-client.js';
