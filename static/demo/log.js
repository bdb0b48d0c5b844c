/** A small log of what happened, told as the reason for what the page shows. */

const LINES_MAX = 60;

const HERE = {
  create: 'shown at once, before the server knows',
  update: 'changed here at once, before the server knows',
  remove: 'gone here at once, before the server knows',
};
const STATES = { connected: 'good', connecting: 'wait', reconnecting: 'wait', disconnected: 'bad' };

export const mountLog = (client, orders) => {
  const log = document.querySelector('[data-testid="log"]');
  /** Titles by id, since what is deleted has none any more. @type {Map<string, string>} */
  const titles = new Map();
  let snapshots = 0;

  const say = (text, kind = '') => {
    const li = document.createElement('li');
    li.dataset.kind = kind;
    const time = document.createElement('time');
    time.textContent = new Date().toLocaleTimeString('en-GB');
    const words = document.createElement('span');
    words.textContent = text;
    li.append(time, words);
    log.append(li);
    while (log.children.length > LINES_MAX) log.firstElementChild.remove();
    log.parentElement.scrollTop = log.parentElement.scrollHeight;
  };

  const name = (id) => `“${titles.get(id) ?? id}”`;
  const learn = () => {
    for (const { id, title } of orders.items()) titles.set(id, title);
  };

  /** @type {Record<string, (change: any) => void>} */
  const told = {
    local: ({ id, op }) => say(`${name(id)} ${HERE[op]}`, 'wait'),
    acknowledged: ({ id }) => say(`${name(id)} is confirmed by the server`, 'good'),
    refused: ({ id, reason }) => say(`the server refused ${name(id)} (${reason}): taken back, once`, 'bad'),
    unsettled: ({ id, reason }) => say(`no answer for ${name(id)} (${reason}): it stays pending and is sent again`, 'bad'),
    tab: ({ id, reason }) => !reason && say(`${name(id)} changed in another tab: shown before the server answered`, 'wait'),
    'tab-gone': () => say('another tab closed: what it had not sent is gone from here as well', 'bad'),
    resync: ({ reason }) => say(`some events are lost (${reason}): reading everything anew`, 'bad'),
    unread: ({ reason }) => say(`could not read the orders: ${reason}`, 'bad'),
    snapshot: ({ reason }) => {
      snapshots += 1;
      if (snapshots === 1 || reason !== 'tab') say(`read ${orders.items().length} orders from the server (${reason})`);
    },
  };

  client.onStateChange((state, reason) => say(`${state}: ${reason}`, STATES[state]));
  client.onError((error) => say(`the server says: ${error.message}`, 'bad'));
  client.subscribe('orders', ({ event, payload }) => {
    if (event === 'emit' || payload?.client_id === client.clientId) return;
    learn();
    say(`${name(payload?.entity_id)} ${event} elsewhere, told by the server`);
  });
  orders.onChange((change) => {
    learn();
    told[change.why]?.(change);
  });
};
