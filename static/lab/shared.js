/** A scenario that came in a link: it is shown, with its steps, and runs only when somebody says so. */

import { readLink } from './codec.js';
import { button, el } from './dom.js';
import { openDialog } from './dialog.js';
import { plain } from './words.js';

/** @param {import('./types.js').Lab} lab */
export const mountSharedLink = (lab) => {
  const { store } = lab;
  const look = () => {
    const { hash } = location;
    if (!hash.startsWith('#s=')) return;
    // A page that is not let in cannot play it; one that is not there yet does not know.
    if (store.connection === 'refused') elsewhere(lab, location.href);
    else if (store.connection === 'live') openLink(lab, hash);
  };
  addEventListener('hashchange', look);
  store.on('connection', look);
};

/** @param {import('./types.js').Lab} lab @param {string} hash `#s=...` */
export const openLink = async (lab, hash) => {
  try {
    const scenario = await readLink(hash);
    if (scenario) show(lab, scenario);
  } catch (error) {
    lab.notices.show({ title: 'This link carries no scenario', text: `Nothing was run: ${/** @type {Error} */ (error).message}.`, kind: 'bad' });
  }
};

/** How a link is opened where this page cannot. The link's letters are URL ones; nothing in it can end the quotes. */
const elsewhere = (lab, href) => {
  const command = `syncbed lab "${new URL(href).href.replaceAll(/["`$\\]/g, encodeURIComponent)}"`;
  openDialog(
    { name: 'shared', title: 'Somebody sent you a scenario' },
    el('p', { text: 'This page has no lab to play it in: each start of the lab lets in only the address that it printed. Start one with the link:' }),
    el('pre', { class: 'steps', tabindex: 0, 'aria-label': 'command', text: command }),
    el('div', { class: 'acts' }, button('copy the command', () => lab.leave.copy('Command', command, 'It opens a lab that shows the scenario; nothing runs by itself.'), { class: 'primary' })),
  );
};

const show = (lab, scenario) => {
  const run = (play) => () => {
    dialog.close('gone on');
    lab.send('load', { scenario, play });
  };
  const profiles = Object.entries(scenario.profiles).map(([name, { tabs = 1 } = {}]) => `${name}${tabs > 1 ? ` (${tabs} tabs)` : ''}`);
  const dialog = openDialog(
    { name: 'shared', title: 'Somebody sent you a scenario', onClose: forget },
    el('p', { class: 'quiet', text: 'It came with the link and has not run. It acts in tabs of this lab and on its own servers; look at the steps, then decide.' }),
    el('h3', { text: String(scenario.title ?? 'without a title') }),
    el('p', { text: String(scenario.about ?? '') }),
    el('dl', { class: 'facts' },
      el('dt', { text: 'profiles' }), el('dd', { text: profiles.join(', ') }),
      ...(scenario.bug ? [el('dt', { text: 'bug' }), el('dd', { text: String(scenario.bug) })] : []),
      ...(scenario.needs?.length ? [el('dt', { text: 'needs' }), el('dd', { text: scenario.needs.map((need) => plain(String(need))).join(', ') })] : [])),
    el('h3', { text: `${scenario.steps.length} steps` }),
    el('ol', { class: 'steps', tabindex: 0, 'aria-label': 'steps' }, ...scenario.steps.map((step) => el('li', { text: JSON.stringify(step) }))),
    el('div', { class: 'acts' }, button('run it', run(true), { class: 'primary' }), button('open, not run', run(false)), button('not now', () => dialog.close())),
  );
};

/** Once answered, the link is gone from the address: a reload does not ask again. */
const forget = () => history.replaceState(null, '', location.pathname + location.search);
