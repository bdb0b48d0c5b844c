/**
 * The demo page under a test bed: `window.bed` over the page's own client and orders, so that what is looked at
 * in the lab is the app itself. `static/bed/reference.html` is the shorter example of an adapter; what is added
 * here is that somebody may work in the page by hand. Each of their writes is told as `acted` before it is done,
 * and marked in the order's title, so that a write is known again wherever it turns up. The page shows no marks.
 */

import { BroadcastClient, createCollection } from '/static/sdk/index.js';

/** If nobody opens the page by then (its bed is gone), it opens itself. */
const OPENED_WITHIN_MS = 3000;

const MARK = / #[a-z0-9][a-z0-9-]{0,39}$/;
const clean = (item) => (typeof item?.title === 'string' ? { ...item, title: item.title.replace(MARK, '') } : item);
const reasonOf = ({ name, message }) => (name && name !== 'Error' ? name : message);

/** @param {(client: BroadcastClient, orders: any, profile: string, closed: AbortSignal) => void} mount
 * @param {string} ownProfile */
export const offerBed = (mount, ownProfile) => {
  let tell = () => {}; // the bed's ear: tell(what happened, the details)
  let client, orders, profile;
  let closing = new AbortController();
  const unsubscribe = new Map();

  const subscribe = (channel) => {
    let begun = false; // a resume that brings every missed event is no news; a start and a loss are
    const started = (reason) => (_, position) => {
      if (reason !== 'new' || !begun) tell('subscribed', { channel, reason, ...position });
      begun = true;
    };
    unsubscribe.set(channel, client.subscribe(
      channel,
      ({ event, payload, epoch, offset }) => tell('event', { channel, name: event, payload, epoch, offset }),
      { onSubscribed: started('new'), onResync: (_, position, reason) => started(reason)(_, position) },
    ));
  };

  const settled = async (write) => {
    const { version } = await write.server; // rejects with `definite: true` if it certainly did not happen
    return { version, client_id: client.clientId, mutation_id: write.mutationId };
  };

  const acts = {
    put: (key, value) =>
      settled(bed.view().some(({ id }) => id === key) ? orders.update(key, value) : orders.create({ id: key, ...value })),
    remove: (key) => settled(orders.remove(key)),
    read: () => bed.view(),
    publish: (channel, payload) => client.emit(channel, payload),
    subscribe,
    unsubscribe: (channel) => unsubscribe.get(channel)?.(),
  };

  /** A write of the page's own user, by its token. @param {(value: any) => any} write */
  const act = (id, kind, key, value, write) => {
    tell('acted', { id, kind, key, value });
    const handle = write(value);
    settled(handle).then(
      (result) => tell('ok', { op: id, result }),
      (error) => tell(error.definite ? 'fail' : 'info', { op: id, reason: reasonOf(error) }),
    );
    return handle;
  };

  /** `alice-3k9f`: unique in the run, short enough to be read. */
  const newId = () => {
    const drawn = crypto.getRandomValues(new Uint32Array(1))[0].toString(36).padStart(4, '0').slice(-4);
    return `${profile.slice(0, 18)}-${drawn}`;
  };

  const put = (id, key, { title, done }, write) =>
    act(id, 'put', key, { title: `${title} #${id}`, done: Boolean(done) }, write);

  /** The orders as the page's user sees and changes them. */
  const byHand = () => ({
    ...orders,
    items: () => orders.items().map(clean),
    view: () => orders.view().map((row) => ({ ...row, item: clean(row.item) })),
    refused: () => orders.refused().map((refusal) => ({ ...refusal, item: clean(refusal.item) })),
    create(fields) {
      const id = newId();
      return put(id, id, fields, (value) => orders.create({ ...fields, ...value, id }));
    },
    update(key, patch) {
      const now = clean(orders.items().find((item) => item.id === key));
      return put(newId(), key, { ...now, ...patch }, (value) => orders.update(key, { ...patch, ...value }));
    },
    remove: (key) => act(newId(), 'remove', key, null, () => orders.remove(key)),
  });

  const bed = window.bed = {
    caps: ['server_authority', 'offline', 'tabs', 'order', 'idempotent'],
    on: (listener) => { tell = listener; },
    /** The page speaks to where it came from: that is the wire, by whatever name. */
    open(_, name, collection) {
      clearTimeout(alone);
      if (client) bed.reset(); // another world has begun behind the same address
      profile = name;
      closing = new AbortController();
      client = new BroadcastClient('/ws/broadcast');
      orders = createCollection({ name: collection, client });
      client.onStateChange((state, reason) => tell('state', { state, reason }));
      orders.onChange(() => tell('view'));
      subscribe(collection);
      mount(client, byHand(), name, closing.signal);
      client.connect();
    },
    act: ({ kind, key, value }) => acts[kind](key, value),
    view: () => orders.items(),
    pending: () => orders.pending().map(({ id }) => id),
    status: () => ({ state: client.state, live: orders.status().live }),
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    reset() { bed.close(); unsubscribe.clear(); indexedDB.deleteDatabase('syncbed'); },
    close() { closing.abort(); orders.close(); client.close(); },
  };

  const alone = setTimeout(() => bed.open(location.origin, ownProfile, 'orders'), OPENED_WITHIN_MS);
};
