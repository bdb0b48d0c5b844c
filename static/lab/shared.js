/** A scenario that came in a link: it is shown, with its steps, and runs only when somebody says so. */

import { readLink } from './codec.js';
import { button, el } from './dom.js';
import { openDialog } from './dialog.js';
import { plain } from './words.js';

/** @param {import('./types.js').Lab} lab */
export const mountSharedLink = (lab) => {
  const look = async () => {
    if (!location.hash.startsWith('#s=')) return;
    try {
      const scenario = await readLink(location.hash);
      if (scenario) show(lab, scenario);
    } catch (error) {
      lab.notices.show({ title: 'This link carries no scenario', text: `Nothing was run: ${/** @type {Error} */ (error).message}.`, kind: 'bad' });
    }
  };
  addEventListener('hashchange', look);
  return look();
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
