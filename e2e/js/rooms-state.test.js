import * as rooms from '/static/sdk/dialects/rooms.js';
import * as state from '/static/sdk/dialects/state.js';
import { equal, ok, test, throws } from './harness.js';

/** The steps of a dialect's shared vectors: what a client sends, and what it receives. */
const steps = async (dialect) => {
  const vectors = await (await fetch(`/e2e/js/${dialect}/conversations.json`)).json();
  return vectors.flatMap((vector) => vector.steps);
};

const written = (text) => JSON.parse(text);

test('every frame that a rooms client sends in the vectors can be made', async () => {
  const make = {
    subscribe: ({ room }) => rooms.subscribeFrame(room),
    unsubscribe: ({ room }) => rooms.unsubscribeFrame(room),
    publish: ({ room, data }) => rooms.publishFrame(room, data),
    broadcast: ({ data }) => rooms.broadcastFrame(data),
    ping: () => rooms.pingFrame(),
  };
  const made = new Set();
  for (const { send } of await steps('rooms')) {
    if (send?.type === undefined || make[send.type] === undefined) continue;
    equal(written(make[send.type](send)), send);
    made.add(send.type);
  }
  equal([...made].sort(), Object.keys(make).sort());
});

test('every frame that a server sends in the vectors of both dialects can be read', async () => {
  for (const [dialect, { parseFrame }] of [['rooms', rooms], ['state', state]]) {
    const received = (await steps(dialect)).map(({ receive }) => receive).filter((frame) => frame !== undefined);
    ok(received.length > 20, `${dialect} has frames`);
    for (const frame of received) equal(parseFrame(JSON.stringify(frame)), frame);
  }
});

test('the frames of a state client are those of the protocol', () => {
  const data = { theme: 'dark' };
  equal(written(state.updateFrame('cart', [1], 0)), {
    type: 'state_update', payload: { update_type: 'cart', data: [1], version: 0 },
  });
  equal(written(state.mergeFrame(data, 1)), { type: 'partial_state_update', payload: { data, version: 1 } });
  equal(written(state.readFrame()), { type: 'get_current_state' });
  equal(written(state.messageFrame('m2', { text: 'all' }, true)), {
    type: 'user_message', id: 'm2', payload: { text: 'all' }, broadcast: true,
  });
  equal(written(state.refreshFrame('t')), { type: 'auth_refresh', payload: { token: 't' } });
  equal([written(state.pingFrame()), written(state.pongFrame())], [{ type: 'ping' }, { type: 'pong' }]);
  equal(written(rooms.customFrame('get_user', 1)), { type: 'get_user', data: 1 });
});

test('what is no frame of rooms or state is a SyntaxError', () => {
  for (const { parseFrame } of [rooms, state]) {
    for (const text of ['', '{', 'null', '5', '[]', '{}', '{"type":5}']) {
      ok(throws(() => parseFrame(text)) instanceof SyntaxError, `${text} is refused`);
    }
  }
});
