/**
 * The convergence table: what each tab and the server hold at a record, item by item. Pure and incremental.
 *
 * A row is one *write's* item: items that carry the same token stand in one row, so that an order that is there
 * twice is one row that says ×2. The server's column is what it has committed or told of so far; nobody asks it.
 */

import { KIND, nameOf, parsed, REST, tokenIn } from './rows.js';

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {{text: string, version: number | null, pending: boolean, count: number, differs: boolean}} Cell `text` is '' where the item is absent */
/** @typedef {{key: string, title: string, cells: Cell[], differs: boolean}} Line */
/** @typedef {{columns: string[], rows: Line[], differs: number, pending: number}} Table */

const EVERY = 64; // states of the server are kept this often
const SERVER = 'server';

/** @param {{i: number}[]} list @param {number} i the last one that is not later */
const lastUntil = (list, i) => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].i <= i) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

export const createTable = () => {
  /** @type {Map<string, {i: number, items: any[], pending: Set<string>, isGone?: boolean}[]>} */
  let views = new Map();
  /** @type {{i: number, apply: (items: Map<string, any>) => void}[]} */
  let changes = [];
  /** @type {Map<string, any>[]} the server's items before every EVERYth change */
  let kept = [];
  /** @type {Map<string, any>} */
  let items = new Map();

  /** @param {number} i @param {(items: Map<string, any>) => void} apply */
  const change = (i, apply) => {
    if (changes.length % EVERY === 0) kept.push(new Map(items));
    apply(items);
    changes.push({ i, apply });
  };
  /** @param {string} event @param {string} id @param {number} version @param {any} item */
  const committed = (event, id, version, item) => (/** @type {Map<string, any>} */ now) => {
    const known = now.get(id);
    if (known && known.version >= version) return;
    if (event === 'deleted') now.set(id, { id, version, isGone: true });
    else now.set(id, { id, ...item, version });
  };

  /** @type {Record<string, (row: Row) => void>} */
  const reads = {
    view(row) {
      const { tab, items: shown, pending = [] } = row[REST];
      if (!views.has(tab)) views.set(tab, []);
      views.get(tab)?.push({ i: row[0], items: shown, pending: new Set(pending) });
    },
    tab(row) {
      const { tab, did } = row[REST];
      if (did === 'closed' || did === 'crashed') views.get(tab)?.push({ i: row[0], items: [], pending: new Set(), isGone: true });
    },
    commit(row) {
      const { event, entity_id: id, version, item } = row[REST];
      change(row[0], committed(event, id, version, item));
    },
    frame(row) {
      const { did, direction, payload } = row[REST];
      if (did !== 'seen' || direction !== 'down' || !payload) return;
      const body = parsed(payload);
      const told = body?.payload;
      if (!body?.event || typeof told?.version !== 'number') return;
      change(row[0], committed(body.event, told.entity_id, told.version, told.item));
    },
    snapshot(row) {
      const { items: all } = row[REST];
      change(row[0], (now) => {
        now.clear();
        for (const item of all) now.set(item.id, item);
      });
    },
  };

  /** @param {number} i */
  const serverAt = (i) => {
    const last = lastUntil(changes, i);
    if (last < 0) return [];
    const from = Math.floor(last / EVERY);
    const now = new Map(kept[from]);
    for (let at = from * EVERY; at <= last; at += 1) changes[at].apply(now);
    return [...now.values()].filter(({ isGone }) => !isGone);
  };

  return {
    reset() {
      [views, changes, kept, items] = [new Map(), [], [], new Map()];
    },
    /** @param {Row[]} rows */
    append(rows) {
      for (const row of rows) reads[row[KIND]]?.(row);
    },
    /** @param {number} [i] at the end, if not given @returns {Table} */
    at(i = Infinity) {
      const tabs = [...views.keys()].sort();
      const columns = [...tabs, SERVER];
      const held = columns.map((column) => {
        if (column === SERVER) return { items: serverAt(i), pending: /** @type {Set<string>} */ (new Set()), isGone: false };
        const own = views.get(column) ?? [];
        return own[lastUntil(own, i)] ?? { items: [], pending: new Set(), isGone: false };
      });
      /** @type {Map<string, {title: string, cells: Cell[]}>} */
      const lines = new Map();
      held.forEach(({ items: shown, pending }, column) => {
        for (const item of shown) {
          const { key, title } = namesOf(item);
          let line = lines.get(key);
          if (!line) lines.set(key, (line = { title, cells: columns.map(() => absent()) }));
          const cell = line.cells[column];
          cell.count += 1;
          cell.version = item?.version ?? cell.version;
          cell.pending ||= pending.has(item?.id);
        }
      });
      const rows = [...lines].map(([key, { title, cells }]) => {
        for (const cell of cells) cell.text = textOf(cell);
        const server = cells[cells.length - 1];
        cells.forEach((cell, column) => {
          const isAsked = cell !== server && !cell.pending && !held[column].isGone; // who is gone shows nothing, and need not
          cell.differs = cell.count > 1 || (isAsked && cell.text !== server.text);
        });
        return { key, title, cells, differs: cells.some(({ differs }) => differs) };
      });
      return {
        columns,
        rows,
        differs: rows.filter(({ differs }) => differs).length,
        pending: rows.filter(({ cells }) => cells.some(({ pending }) => pending)).length,
      };
    },
  };
};

/** @type {WeakMap<object, {key: string, title: string}>} a reader who scrubs asks for the same items at every frame */
const named = new WeakMap();

/** The row that an item belongs to, and what it is called. @param {any} item */
const namesOf = (item) => {
  const known = named.get(item);
  if (known) return known;
  const found = { key: tokenIn(item) || String(item?.id), title: nameOf(item) };
  if (typeof item === 'object' && item !== null) named.set(item, found);
  return found;
};

/** @returns {Cell} */
const absent = () => ({ text: '', version: null, pending: false, count: 0, differs: false });

/** @param {Cell} cell */
const textOf = ({ count, pending, version }) => {
  if (count === 0) return '';
  const what = pending ? 'pending' : version === null ? 'shown' : `v${version}`;
  return count > 1 ? `${what} ×${count}` : what;
};

/** All at once: the table at record `i`. @param {Row[]} rows @param {number} [i] */
export const convergence = (rows, i) => {
  const table = createTable();
  table.append(rows);
  return table.at(i);
};
