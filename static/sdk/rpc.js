export { RpcError } from './calls.js';
export { RpcClient } from './rpc-client.js';
