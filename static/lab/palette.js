/** All commands by name (`/`), and the help (`?`): two views of the table in commands.js. */

import { el } from './dom.js';
import { openDialog } from './dialog.js';

/** @param {import('./types.js').Lab} lab */
export const openPalette = (lab) => {
  const commands = lab.commands().filter(({ id }) => id !== 'palette');
  const list = el('ul', { role: 'listbox', id: 'palette-list', 'aria-label': 'commands' });
  const input = el('input', {
    type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-autocomplete': 'list',
    'aria-label': 'command', placeholder: 'a command…', autocomplete: 'off', spellcheck: 'false',
  });
  let shown = commands;
  let at = 0;

  const show = () => {
    list.replaceChildren(...shown.map((command, i) => {
      const why = command.when?.() ?? '';
      return el(
        'li', {
          role: 'option', id: `palette-${i}`, 'aria-selected': String(i === at), 'aria-disabled': why ? 'true' : null,
          on: { click: () => choose(i), pointermove: () => i !== at && move(i) },
        },
        el('span', { class: 'group', text: command.group }), el('span', { text: command.title }),
        why ? el('small', { text: why }) : null, command.key ? el('kbd', { text: command.key }) : null,
      );
    }));
    if (shown.length === 0) list.append(el('li', { role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false', text: 'no such command' }));
    point();
  };
  const point = () => {
    input.setAttribute('aria-activedescendant', shown.length ? `palette-${at}` : '');
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  };
  const move = (to) => {
    at = (to + shown.length) % Math.max(1, shown.length);
    [...list.children].forEach((child, i) => child.setAttribute('aria-selected', String(i === at)));
    point();
  };
  const choose = (i) => {
    const command = shown[i];
    if (!command || command.when?.()) return;
    dialog.close();
    lab.run(command.id);
  };
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = commands.filter(({ title, group, id }) => words.every((word) => `${group} ${title} ${id}`.toLowerCase().includes(word)));
    at = 0;
    show();
  });
  input.addEventListener('keydown', (event) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined) move(to);
    else if (event.key === 'Enter') choose(at);
    else return;
    event.preventDefault();
  });
  const dialog = openDialog({ name: 'palette', title: 'Commands', quiet: true }, input, list);
  show();
  input.focus();
};

/** @param {import('./types.js').Lab} lab */
export const openHelp = (lab) => {
  const groups = Map.groupBy(lab.commands().filter(({ key }) => key), ({ group }) => group);
  openDialog(
    { name: 'help', title: 'Keys' },
    el('div', { class: 'keys-table' }, ...[...groups].map(([group, commands]) => el(
      'section', {}, el('h3', { text: group }),
      el('dl', {}, ...commands.flatMap(({ key, title }) => [el('dt', {}, el('kbd', { text: key })), el('dd', { text: title })])),
    ))),
    el('p', { class: 'quiet', text: 'While the focus is inside a tab’s page, keys are that page’s; Esc leaves it. In a list the arrows choose.' }),
    el('h3', { text: 'What a pane is not' }),
    el('p', { class: 'quiet', text: 'A pane is a frame in this page, not a browser tab. Panes of one profile share sessionStorage, and a pane cannot '
      + 'crash, freeze or be hidden. ⤢ opens it as a real window; “run in real tabs” plays the scenario in Chromium tabs of their own.' }),
    strips(lab),
  );
};

const strips = ({ store }) => {
  const words = store.hello?.wire_strips ?? [];
  return words.length ? el('p', { class: 'quiet', text: `On the way to a pane the wire takes away: ${words.join(', ')}.` }) : null;
};
