/** The lab page: joins the connection, the store and the panels. What each does stands in its own file. */

import { commandsOf } from './commands.js';
import { mountCompare } from './compare.js';
import { mountConvergence } from './convergence.js';
import { createDiagram } from './diagram/diagram.js';
import { mountFaults } from './faults.js';
import { mountHint } from './hint.js';
import { checkHosts } from './hosts.js';
import { mountInFlight } from './in-flight.js';
import { mountInspector } from './inspector.js';
import { mountKeys } from './keys.js';
import { createLeave } from './leave.js';
import { connect } from './live.js';
import { mountNotices } from './notices.js';
import { openHelp, openPalette } from './palette.js';
import { mountPanes } from './panes.js';
import { createRecorded } from './recorded.js';
import { mountScriptBar } from './script-bar.js';
import { mountScrubber } from './scrubber.js';
import { mountSharedLink } from './shared.js';
import { mountSplit } from './split.js';
import { createStore } from './store.js';
import { takeToken } from './token.js';
import { mountTopBar } from './top-bar.js';
import { mountVerdict } from './verdict.js';
import { plain } from './words.js';

/** Every element that has an id, by it. */
const at = /** @type {Record<string, any>} */ (Object.fromEntries(
  [...document.querySelectorAll('[id]')].map((element) => [element.id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), element]),
));

const token = takeToken();
const store = createStore();
const recorded = createRecorded();
const notices = mountNotices({ cards: at.notices, voice: at.voice });

/** @type {any} */
const lab = { store, notices, dialogs: {} };

lab.commands = () => commandsOf(lab);
lab.run = async (id) => {
  const command = lab.commands().find((each) => each.id === id);
  const why = command?.when?.() ?? '';
  if (why) notices.say(`${plain(id)}: ${why}`);
  else await command?.run();
};
/** A command whose failure is told, and whose value is there if it did not fail. */
lab.send = async (name, about) => {
  try {
    return (await lab.live.ask(name, about)) ?? null;
  } catch (error) {
    const { code, message } = /** @type {any} */ (error);
    notices.show({ title: `${plain(name)}: ${code === 'diverged' ? 'the replay diverged' : 'not done'}`, text: message, kind: 'bad', key: `failed ${name}` });
    return undefined;
  }
};
lab.record = async () => {
  const wasOn = store.state.recording;
  await lab.send('record', { on: !wasOn });
  if (wasOn) notices.show({ title: 'What you did is a scenario now', key: 'recorded', acts: [['save JSON', () => lab.run('json')], ['copy link', () => lab.run('link')]] });
};

lab.diagram = createDiagram(at.diagram, {
  onSelect: (i) => store.set('selected', i),
  onCursor: (i) => lab.cursor.set(i),
  heads: false,
  keys: false,
});
lab.panes = mountPanes(lab, { stage: at.stage, lanes: at.lanes, groups: at.groups, heads: at.heads, empty: at.empty, addProfile: at.addProfile }, recorded);
lab.leave = createLeave(lab);
lab.cursor = mountScrubber(lab, {
  range: at.cursor, where: at.where, again: at.runAgain, live: at.backToLive, axis: at.axis, filters: at.filters,
  tabs: at.filterTab, channel: at.filterChannel, mutation: at.filterMutation, text: at.filterText, also: at.filterAlso,
}, recorded);
lab.compare = mountCompare(lab, at.compared);
lab.dialogs.palette = () => openPalette(lab);
lab.dialogs.help = () => openHelp(lab);
mountTopBar(lab, at);
mountScriptBar(lab, { bar: at.script, play: at.play, again: at.again, where: at.step0, hint: at.hint });
lab.inFlight = mountInFlight(lab, { list: at.inFlight, count: at.inFlightCount, note: at.inFlightNote });
mountFaults(lab, { fold: at.faultsFold, to: at.faultsTo, target: at.faultTarget, offered: at.faultsOffered, force: at.faultsInForce, heal: at.heal });
mountVerdict(lab, { status: at.verdictStatus, body: at.verdict, judge: at.judge });
const convergence = mountConvergence(lab, { body: at.convergence, where: at.convergenceWhere });
mountInspector(lab, { section: at.inspectorSection, parts: at.parts, body: at.inspector, close: at.inspectorClose }, recorded);
mountKeys(lab);
mountSplit(at.split, at.lanes);
mountHint(lab, at.firstVisit);
at.addProfile.addEventListener('click', () => lab.run('profile'));
at.emptyGallery.addEventListener('click', () => lab.run('gallery'));
at.emptyProfile.addEventListener('click', () => lab.run('profile'));

// The reader's place in the record, told to the diagram.

store.on('cursor', () => store.cursor !== lab.diagram.cursor && lab.diagram.setCursor(store.cursor));
store.on('selected', () => store.selected !== lab.diagram.selected && lab.diagram.select(store.selected));
store.on('axis', () => lab.diagram.axis(store.axis));
store.on('redisUnfolded', () => lab.diagram.unfoldRedis(store.redisUnfolded));

/** @type {Record<string, (message: any) => void>} */
const HEARD = {
  hello(message) {
    store.hello = message;
    lab.panes.forget();
    store.tell('hello');
  },
  reset(message) {
    document.body.dataset.run = String(message.run);
    const again = message.run === store.run && store.rows.length === 0;
    if (!again && message.run !== store.run) notices.clear();
    recorded.reset();
    convergence.reset();
    if (again) store.header = message.header;
    else store.reset(message);
    lab.diagram.reset(message.header);
    lab.diagram.setLanes(lab.panes.lanes());
  },
  records({ records }) {
    const rows = store.append(records);
    recorded.append(rows);
    convergence.append(rows);
    if (rows.length) lab.diagram.append(rows);
  },
  state(message) {
    const before = store.state;
    store.state = message;
    store.tell('state');
    lab.diagram.setHeld(message.mode === 'held' ? message.in_flight.map(({ name }) => name) : []);
    announce(before, message);
  },
  pane: (message) => lab.panes.hear(message),
};

/** What a reader of screens is told: modes and ends, not every frame. */
const announce = (before, { mode, verdict, in_flight: messages, busy }) => {
  if (mode !== before.mode) notices.say(mode === 'held' ? `network held, ${messages.length} messages wait` : 'the network flows');
  else if (verdict?.final && !before.verdict?.final) notices.say(`verdict: ${verdict.status}`);
  else if (before.busy && !busy) notices.say('quiet');
};

const CONNECTIONS = {
  gone: ['The lab’s process is gone', 'What is shown is the last that it said. Start `syncbed lab` again; this page finds it by itself if it has the same port and token.'],
  refused: ['This page is not let in', 'Its token is of another start of the lab. Open the address that `syncbed lab` printed last.'],
};

lab.live = connect({
  token,
  onMessage: (message) => HEARD[message.type]?.(message),
  onConnection(connection) {
    if (connection === store.connection) return;
    store.set('connection', connection);
    document.body.dataset.connection = connection;
    if (connection === 'live') {
      notices.dismiss('connection');
      checkHosts(lab, token);
    } else if (CONNECTIONS[connection] && !(connection === 'refused' && location.hash.startsWith('#s='))) {
      const [title, text] = CONNECTIONS[connection];
      notices.show({ title, text, kind: 'bad', key: 'connection' });
    }
  },
});
mountSharedLink(lab);
