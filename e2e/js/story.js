/** Rows to draw: from the records of a vector, or told line by line. */

/** Records of a trace as rows, as syncbed/report/rows.py makes them: in the bed's time. */
export const rowsOf = (records) => {
  const offsets = new Map();
  for (const { kind, of, offset_ms: offset = 0 } of records) if (kind === 'clock' && !offsets.has(of)) offsets.set(of, offset);
  return records.map(({ i, at_ms: at, source, kind, ...rest }) => {
    if (kind === 'clock') offsets.set(rest.of, rest.offset_ms ?? 0);
    return [i, at + (offsets.get(source) ?? 0), source, kind, `${kind} ${i}`, rest];
  });
};

export const vectors = async () => (await fetch('/e2e/js/order.json')).json();

/** A story is told in order; each line is one row. */
export const createStory = (profiles = { alice: { tabs: 2, instance: 'a' }, bob: { tabs: 1, instance: 'b' } }) => {
  const rows = [[0, 0, 'driver', 'header', 'began', { profiles }]];
  const say = (source, kind, rest, told = `${kind} ${rows.length}`) => {
    rows.push([rows.length, rows.length * 10, source, kind, told, rest]);
    return rows.length - 1;
  };
  const orders = { layer: 'http', method: 'POST', path: '/api/orders', connection: 'c1' };
  return {
    rows,
    say,
    put: (tab, title, token, key = token) =>
      say('driver', 'invoke', { op: token, tab, act: 'put', key, value: { title: `${title} #${token}` }, token, channel: 'orders' }),
    view: (tab, items, pending = []) => say(`tab ${tab}`, 'view', { tab, items, pending }),
    frame: (tab, message, did, more = {}) => say('wire', 'frame', { message, did, tab, connection: `c ${tab}`, ...more }),
    post: (tab, number, body, did = ['seen', 'delivered'], times = 1) => {
      const message = `${tab} POST /api/orders mutation ${number} #${times} up`;
      return did.map((each) => say('wire', 'frame', {
        ...orders, message, did: each, tab, direction: 'up', stage: 'request', mutation: `${number}`,
        ...(each === 'seen' ? { payload: JSON.stringify(body), headers: [['Client-Id', `of ${tab}`]] } : {}),
      }));
    },
    answer: (tab, number, body, did = ['seen', 'delivered'], more = {}, times = 1) => {
      const message = `${tab} POST /api/orders mutation ${number} #${times} down`;
      return did.map((each) => say('wire', 'frame', {
        ...orders, message, did: each, tab, direction: 'down', stage: 'response', status: 201, mutation: `${number}`,
        ...(each === 'seen' ? { payload: JSON.stringify(body) } : more),
      }));
    },
    created: (tab, offset, item, did = ['seen', 'delivered'], by = {}) => {
      const message = `${tab} /ws/broadcast #1 down ${offset}`;
      const payload = { entity_id: item.id, version: item.version, item, ...by };
      return did.map((each) => say('wire', 'frame', {
        message, did: each, tab, layer: 'ws', stage: 'frame', direction: 'down', connection: `ws ${tab}`, path: '/ws/broadcast',
        ...(each === 'seen' ? { payload: JSON.stringify({ channel: 'orders', event: 'created', payload, epoch: 'e1', offset }) } : {}),
      }));
    },
  };
};
