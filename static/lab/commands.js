/**
 * Everything that can be done, in one table: the keys, the palette (`/`) and the help (`?`) are views of it, and
 * buttons run the same entries. `when` answers why not, or nothing.
 */

import { refusal } from './impossible.js';

/**
 * @typedef {{ id: string, title: string, group: string, key?: string, keys?: readonly string[],
 *   when?: () => string, run: () => any }} Command
 */

/** The world without a script, as the lab begins with it. */
export const FREE = 'lab';
const IMPOSSIBLE = ' (impossible on TCP)';

/** @param {import('./types.js').Lab} lab @returns {Command[]} */
export const commandsOf = (lab) => {
  const { store } = lab;
  const ended = () => store.ended;
  const held = () => (store.held ? '' : 'the network is not held');
  const message = () => lab.inFlight.message();
  const someMessage = () => (message() ? '' : 'nothing is in flight');
  const someTimer = () => (lab.inFlight.timer() ? '' : 'no timer waits');
  const some = (what, why) => () => (what() ? '' : why);
  const someRows = some(() => store.rows.length, 'nothing was recorded yet');
  const canDo = (name) => () => someMessage() || refusal(message(), name);
  const toMessage = (name) => () => lab.send(name, { message: message().name });
  const fire = (timer) => lab.send('fire', { tab: timer.owner, timer: timer.name });
  const tabs = store.state.tabs;
  const again = () => lab.send('load', { scenario: inGallery() ?? store.scenario?.raw, play: true, fixed: !store.state.bug && Boolean(store.hello?.gallery.find(({ name }) => name === inGallery())?.bug) });
  const inGallery = () => store.hello?.gallery.find(({ name }) => name === store.state.scenario?.name)?.name;

  return [
    { id: 'hold', group: 'network', title: 'hold the network, or let it go', key: 'Space', keys: [' '], when: ended, run: () => lab.send(store.held ? 'go' : 'hold') },
    { id: 'step', group: 'network', title: 'step: deliver the first, wait for quiet', key: 'S', keys: ['s'], when: held, run: () => lab.send('step') },
    {
      id: 'deliver', group: 'network', title: 'deliver the chosen message', key: 'Enter', keys: ['Enter'],
      when: () => (lab.inFlight.chosenTimer() ? '' : someMessage()),
      run: () => (lab.inFlight.chosenTimer() ? fire(lab.inFlight.chosenTimer()) : toMessage('deliver')()),
    },
    { id: 'end_before', group: 'network', title: 'cut: end its connection before it', key: 'X', keys: ['x'], when: someMessage, run: toMessage('end_before') },
    { id: 'end_after', group: 'network', title: 'end its connection after it', when: someMessage, run: toMessage('end_after') },
    { id: 'fire', group: 'network', title: 'fire the chosen timer, or the first due', key: 'F', keys: ['f'], when: () => held() || someTimer(), run: () => fire(lab.inFlight.timer()) },
    { id: 'advance', group: 'network', title: 'let time move by 1 s', key: 'A', keys: ['a'], when: held, run: () => lab.send('advance', { by_ms: 1000 }) },
    { id: 'drop', group: 'network', title: `drop the chosen message${IMPOSSIBLE}`, key: 'D', keys: ['d'], when: canDo('drop'), run: toMessage('drop') },
    { id: 'duplicate', group: 'network', title: `duplicate the chosen message${IMPOSSIBLE}`, key: '2', keys: ['2'], when: canDo('duplicate'), run: toMessage('duplicate') },
    { id: 'reorder', group: 'network', title: `put the chosen message after the next${IMPOSSIBLE}`, when: canDo('reorder'), run: toMessage('reorder') },
    { id: 'heal', group: 'network', title: 'heal: lift every fault', when: ended, run: () => lab.send('heal') },

    { id: 'next', group: 'record', title: 'cursor to the next event', key: 'J', keys: ['j'], when: someRows, run: () => lab.cursor.move('event', 1) },
    { id: 'previous', group: 'record', title: 'cursor to the event before', key: 'K', keys: ['k'], when: someRows, run: () => lab.cursor.move('event', -1) },
    { id: 'next_violation', group: 'record', title: 'to the next violation', key: ']', keys: [']'], when: someRows, run: () => lab.cursor.move('violation', 1) },
    { id: 'previous_violation', group: 'record', title: 'to the violation before', key: '[', keys: ['['], when: someRows, run: () => lab.cursor.move('violation', -1) },
    { id: 'next_command', group: 'record', title: 'to the next thing done', key: '}', keys: ['}'], when: someRows, run: () => lab.cursor.move('command', 1) },
    { id: 'previous_command', group: 'record', title: 'to the thing done before', key: '{', keys: ['{'], when: someRows, run: () => lab.cursor.move('command', -1) },
    { id: 'live', group: 'record', title: 'back to live', key: 'L', keys: ['l'], when: some(() => store.scrubbing || store.selected !== null, 'it is live'), run: () => lab.cursor.live() },
    { id: 'unselect', group: 'record', title: 'select nothing', key: 'Esc', keys: ['Escape'], when: some(() => store.selected !== null, 'nothing is selected'), run: () => lab.cursor.select(null) },
    { id: 'run_to', group: 'record', title: 'run again to here, in a fresh world', when: some(() => store.scrubbing, 'move the cursor to a place first'), run: () => lab.send('run_to', { record: store.at }) },
    { id: 'axis', group: 'record', title: 'down is order, or time', key: 'T', keys: ['t'], run: () => lab.cursor.turnAxis() },
    { id: 'redis', group: 'record', title: 'Redis as a lane, or folded into the servers', when: some(() => store.state.redis, 'this world has no Redis'), run: () => lab.cursor.turnRedis() },
    { id: 'find', group: 'record', title: 'filter the diagram', run: () => document.getElementById('filter-text')?.focus() },

    { id: 'gallery', group: 'scenario', title: 'open the gallery', key: 'G', keys: ['g'], run: () => lab.dialogs.gallery() },
    { id: 'play', group: 'scenario', title: 'play the scenario on, or pause it', key: 'P', keys: ['p'], when: some(() => store.state.scenario, 'no scenario is open'), run: () => lab.send(/^playing/.test(store.state.busy) ? 'pause' : 'play') },
    { id: 'again', group: 'scenario', title: 'play the scenario again, from its first step', when: some(() => store.state.scenario, 'no scenario is open'), run: again },
    { id: 'judge', group: 'scenario', title: 'heal, settle and judge', when: ended, run: () => lab.send('judge') },
    { id: 'compare', group: 'scenario', title: 'compare with fixed: play the twin without its bug', when: some(() => store.state.bug, 'no bug is planted'), run: () => lab.compare() },
    { id: 'real_tabs', group: 'scenario', title: 'run in real tabs, headless', run: () => lab.send('real_tabs', { headed: false }) },
    { id: 'real_tabs_headed', group: 'scenario', title: 'run in real tabs, in windows', run: () => lab.send('real_tabs', { headed: true }) },
    { id: 'free', group: 'scenario', title: 'leave the script: a fresh world of your own', run: () => lab.send('load', { scenario: FREE }) },
    { id: 'reset', group: 'scenario', title: 'reset: a fresh world', run: () => lab.send('reset') },
    { id: 'record', group: 'scenario', title: 'record what I do as a scenario', run: () => lab.record() },

    { id: 'issue', group: 'leave with', title: 'copy as issue', when: someRows, run: () => lab.leave.issue() },
    { id: 'link', group: 'leave with', title: 'copy a link that carries the scenario', run: () => lab.leave.link() },
    { id: 'json', group: 'leave with', title: 'save the scenario as JSON', run: () => lab.leave.json() },
    { id: 'svg', group: 'leave with', title: 'save the diagram, or what is selected of it, as SVG', when: someRows, run: () => lab.leave.svg() },

    { id: 'profile', group: 'tabs', title: 'open a tab of a new profile', when: ended, run: () => lab.send('open_tab', { profile: freshProfile(lab.panes.tabs()) }) },
    { id: 'panes', group: 'tabs', title: 'go to the first tab', run: () => lab.panes.list()[0]?.focus() },
    ...tabs.map(({ tab }) => ({ id: `reload ${tab}`, group: 'tabs', title: `reload ${tab}`, when: ended, run: () => lab.send('reload', { tab }) })),

    { id: 'palette', group: 'page', title: 'all commands', key: '/', keys: ['/'], run: () => lab.dialogs.palette() },
    { id: 'help', group: 'page', title: 'help', key: '?', keys: ['?'], run: () => lab.dialogs.help() },
  ];
};

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];

/** A name that no profile has yet. @param {readonly { profile: string }[]} tabs */
export const freshProfile = (tabs) => {
  const taken = new Set(tabs.map(({ profile }) => profile));
  return NAMES.find((name) => !taken.has(name)) ?? `user${taken.size + 1}`;
};
