/** What one leaves with: an issue, a link, JSON, an SVG. Everything comes redacted from the lab's server. */

import { button, el } from './dom.js';
import { openDialog } from './dialog.js';

/** @param {import('./types.js').Lab} lab */
export const createLeave = (lab) => {
  const { store } = lab;

  /** Copies, and says so; a browser that refuses shows the text to be copied by hand. */
  const copy = async (title, text, about) => {
    try {
      await navigator.clipboard.writeText(text);
      lab.notices.show({ title: `${title} copied`, text: about, key: 'copied', acts: [['show', () => show(title, text)]] });
    } catch {
      show(title, text);
    }
  };
  const show = (title, text) => {
    const area = el('textarea', { readonly: true, 'aria-label': title, rows: 18, spellcheck: 'false' });
    area.value = text;
    openDialog({ name: 'text', title }, area, el('div', { class: 'acts' }, button('select all', () => area.select())));
    area.select();
  };
  const save = (name, type, text) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    el('a', { href: url, download: name }).click();
    URL.revokeObjectURL(url);
    lab.notices.show({ title: `${name} saved`, key: 'saved' });
  };
  const name = () => store.state.scenario?.name || store.scenario?.name || 'recorded';

  return {
    copy,
    /** @param {number | null} [record] */
    async issue(record = store.selected) {
      const text = await lab.send('issue', record === null ? {} : { record });
      if (text != null) await copy('Issue', String(text), 'Markdown: witness, the command that reproduces it, a diagram, the scenario.');
    },
    async link() {
      const text = await lab.send('link');
      if (text == null) return;
      const fragment = String(text);
      const url = new URL('/', location.href);
      url.hash = fragment.startsWith('#') ? fragment : `#${fragment.startsWith('s=') ? '' : 's='}${fragment}`;
      await copy('Link', url.href, 'It carries the whole scenario. Who opens it sees the steps; nothing runs by itself.');
    },
    async json() {
      const found = await lab.send('scenario');
      if (found != null) save(`${name()}.json`, 'application/json', typeof found === 'string' ? found : `${JSON.stringify(found, null, 2)}\n`);
    },
    svg() {
      const verdict = store.state.verdict;
      const told = verdict?.findings.flatMap(({ witness }) => witness.map(({ i }) => i)) ?? [];
      const picked = store.selected === null ? told : [Math.max(0, store.selected - 20), store.selected + 20];
      const range = picked.length ? { from: Math.min(...picked), to: Math.max(...picked) } : { from: 0, to: store.rows.length - 1 };
      save(`${name()}.svg`, 'image/svg+xml', lab.diagram.svg(range));
    },
  };
};
