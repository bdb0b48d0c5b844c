import { tableAt } from './diagram/table.js';
export const createTable = () => ({ at: tableAt });
