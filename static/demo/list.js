/** The order list: a row an item, kept by id, so that nothing jumps and what is being typed stays. */

/** @typedef {ReturnType<typeof import('../sdk/index.js').createCollection>} Collection */

const VERBS = { create: 'order', update: 'change', remove: 'removal' };

/** @param {Collection} orders @param {AbortSignal} closed */
export const mountList = (orders, closed) => {
  const list = document.querySelector('[data-testid="items"]');
  const template = document.getElementById('item-template');
  const form = document.getElementById('add-form');
  const field = document.getElementById('new-title');
  /** @type {Map<string, HTMLLIElement>} */
  const rows = new Map();
  list.replaceChildren();

  const submit = (event) => {
    event.preventDefault();
    const title = field.value.trim();
    if (title) orders.create({ title, done: false });
    field.value = '';
    field.focus();
  };
  form.addEventListener('submit', submit, { signal: closed });

  /** @param {string} id */
  const makeRow = (id) => {
    const li = template.content.firstElementChild.cloneNode(true);
    li.dataset.id = id;
    const { tick, title, remove } = parts(li);
    tick.addEventListener('change', () => orders.update(id, { done: tick.checked }));
    title.addEventListener('focus', () => getSelection().selectAllChildren(title));
    title.addEventListener('blur', () => rename(li));
    title.addEventListener('keydown', (event) => {
      if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return;
      event.preventDefault();
      if (event.key === 'Escape') title.textContent = li.dataset.title;
      title.blur();
    });
    remove.addEventListener('click', () => {
      focusNeighbour(li);
      if (li.dataset.ghost === 'true') dismiss(id);
      else orders.remove(id);
    });
    return li;
  };

  const rename = (li) => {
    const { title } = parts(li);
    const text = title.textContent.replace(/\s+/g, ' ').trim();
    getSelection().removeAllRanges();
    if (text && text !== li.dataset.title && li.dataset.ghost === 'false') orders.update(li.dataset.id, { title: text });
    else title.textContent = li.dataset.title;
  };

  /** Whoever works with the keyboard must not be thrown to the top of the page. */
  const focusNeighbour = (li) => {
    const neighbour = li.nextElementSibling ?? li.previousElementSibling;
    if (neighbour) parts(neighbour).remove.focus();
    else field.focus();
  };

  const dismiss = (id) => {
    for (const refusal of orders.refused()) if (refusal.id === id) orders.dismiss(refusal.mutationId);
  };

  const render = () => {
    /** The first refusal of each item: those behind it were refused because of it. */
    const refusals = new Map();
    for (const refusal of orders.refused()) if (!refusals.has(refusal.id)) refusals.set(refusal.id, refusal);
    const shown = orders.view().map((row) => ({ ...row, refusal: refusals.get(row.item.id), ghost: false }));
    const visible = new Set(shown.map(({ item }) => item.id));
    for (const refusal of refusals.values()) {
      if (visible.has(refusal.id)) continue;
      const item = refusal.item ?? { id: refusal.id, title: '', version: null };
      shown.push({ item, pending: false, from: null, refusal, ghost: true });
      visible.add(refusal.id);
    }
    for (const [id, li] of rows) {
      if (visible.has(id)) continue;
      li.remove();
      rows.delete(id);
    }
    shown.forEach((row, index) => {
      let li = rows.get(row.item.id);
      if (!li) rows.set(row.item.id, (li = makeRow(row.item.id)));
      // To move the row in which somebody types would end their typing: the others move around it.
      const typing = li.isConnected && li.contains(document.activeElement);
      if (list.children[index] !== li && !typing) list.insertBefore(li, list.children[index] ?? null);
      fill(li, row, () => dismiss(row.item.id));
    });
  };

  orders.onChange(render);
  render();
};

const parts = (li) => ({
  tick: li.querySelector('[data-testid="tick"]'),
  title: li.querySelector('[data-testid="rename"]'),
  remove: li.querySelector('[data-testid="delete"]'),
  note: li.querySelector('.note'),
  version: li.querySelector('.version'),
});

const fill = (li, { item, pending, from, refusal, ghost }, dismiss) => {
  const { tick, title, remove, note, version } = parts(li);
  const name = String(item.title ?? '');
  Object.assign(li.dataset, {
    pending: String(pending),
    refused: String(Boolean(refusal)),
    ghost: String(ghost),
    done: String(Boolean(item.done)),
    title: name,
  });
  tick.checked = Boolean(item.done);
  tick.disabled = ghost;
  tick.setAttribute('aria-label', `${name} is done`);
  if (document.activeElement !== title) title.textContent = name;
  title.setAttribute('aria-label', `title of ${name}`);
  remove.setAttribute('aria-label', ghost ? `dismiss ${name}` : `delete ${name}`);
  version.textContent = item.version ? `v${item.version}` : '';
  note.replaceChildren(...noteOf({ pending, from, refusal, ghost }, dismiss));
};

const noteOf = ({ pending, from, refusal, ghost }, dismiss) => {
  if (refusal) {
    const { name } = refusal.error;
    const text = `${VERBS[refusal.op]} refused${name === 'refused' ? '' : `: ${name.replaceAll('_', ' ')}`} `;
    if (ghost) return [text];
    const ok = document.createElement('button');
    ok.type = 'button';
    ok.className = 'ok';
    ok.textContent = 'ok';
    ok.addEventListener('click', dismiss);
    return [text, ok];
  }
  if (!pending) return [];
  return from === 'tab' ? [roomy('from '), 'another tab', roomy(', pending')] : ['pending'];
};

/** Words that a pane of the lab has no room for. */
const roomy = (text) => {
  const words = document.createElement('span');
  words.className = 'roomy';
  words.textContent = text;
  return words;
};
