/**
 * The page's half of the books: what it has sent and received on its living sockets, which requests it still
 * waits for, what it has told the other tabs. Counted before the page's own code hears of it, and told only
 * when that code has had its turn.
 *
 * A socket that ended is in nobody's books any more. What cannot be counted from here (workers, event
 * streams, beacons) is named, so that nobody takes silence for quiet.
 */
(bed) => {
  const CHANGES_MAX = 10;
  const CHANGE_MS_MAX = 20;
  const HOPS = 3;

  let changed = () => {};
  const sockets = new Map();
  const channels = new Set();
  const uncounted = new Set();
  const goneSent = {}; // BroadcastChannel name -> posts of objects that were closed
  let asked = 0;
  let begun = 0; // requests, ever
  let begunBefore = 0; // when the bed asked last
  let reading = 0;
  let storing = 0;
  let locking = 0;
  let channelIds = 0;

  const put = (owner, name, value) => {
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  };
  /** Put something around a method, if there is one. */
  const around = (owner, name, wrap) => {
    const method = owner?.[name];
    if (typeof method === 'function') put(owner, name, wrap(method));
  };

  // WebSocket

  put(globalThis, 'WebSocket', class WebSocket extends globalThis.WebSocket {
    constructor(...given) {
      super(...given);
      const counts = { sent: 0, received: 0 };
      sockets.set(this, counts);
      this.addEventListener('open', () => changed());
      this.addEventListener('message', () => {
        counts.received += 1;
        changed();
      });
      this.addEventListener('close', () => {
        sockets.delete(this);
        changed();
      });
    }

    send(data) {
      super.send(data);
      if (this.readyState === WebSocket.OPEN && sockets.has(this)) sockets.get(this).sent += 1;
    }
  });

  // Requests

  around(globalThis, 'fetch', (fetch) => function (...given) {
    asked += 1;
    begun += 1;
    const answer = Reflect.apply(fetch, this, given);
    const settled = () => {
      asked -= 1;
      changed();
    };
    answer.then(settled, settled);
    return answer;
  });
  for (const name of ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text']) {
    around(Response.prototype, name, (read) => function (...given) {
      reading += 1;
      const body = Reflect.apply(read, this, given);
      const settled = () => {
        reading -= 1;
        changed();
      };
      body.then(settled, settled);
      return body;
    });
  }
  around(XMLHttpRequest.prototype, 'send', (send) => function (...given) {
    asked += 1;
    begun += 1;
    const settled = () => {
      asked -= 1;
      changed();
    };
    this.addEventListener('loadend', settled, { once: true });
    return Reflect.apply(send, this, given);
  });

  // Other tabs

  put(globalThis, 'BroadcastChannel', class BroadcastChannel extends globalThis.BroadcastChannel {
    constructor(name) {
      super(name);
      channelIds += 1;
      const counts = { id: channelIds, name: this.name, sent: 0, received: 0 };
      const heard = () => { counts.received += 1; };
      this.addEventListener('message', heard);
      this.addEventListener('messageerror', heard);
      channels.add(counts);
      Object.defineProperty(this, '__counts', { value: counts });
    }

    postMessage(message) {
      super.postMessage(message);
      this.__counts.sent += 1;
    }

    close() {
      super.close();
      if (!channels.delete(this.__counts)) return;
      goneSent[this.name] = (goneSent[this.name] ?? 0) + this.__counts.sent;
    }
  });

  // Storage

  around(globalThis.IDBDatabase?.prototype, 'transaction', (transaction) => function (...given) {
    const begun = Reflect.apply(transaction, this, given);
    storing += 1;
    const ended = () => {
      storing -= 1;
      changed();
    };
    for (const end of ['complete', 'abort']) begun.addEventListener(end, ended, { once: true });
    return begun;
  });
  for (const name of ['open', 'deleteDatabase']) {
    around(globalThis.IDBFactory?.prototype, name, (open) => function (...given) {
      const request = Reflect.apply(open, this, given);
      storing += 1;
      let settled = false; // a blocked one waits for another tab, not for itself
      const settle = () => {
        storing -= settled ? 0 : 1;
        settled = true;
        changed();
      };
      for (const end of ['success', 'error', 'blocked']) request.addEventListener(end, settle);
      return request;
    });
  }

  // Web Locks: a request counts until it is granted, or is known to wait for somebody.

  around(globalThis.LockManager?.prototype, 'request', (request) => function (name, ...given) {
    const granted = given.pop();
    locking += 1;
    let settled = false;
    const settle = () => {
      locking -= settled ? 0 : 1;
      settled = true;
      changed();
    };
    const outcome = Reflect.apply(request, this, [name, ...given, (lock) => {
      settle();
      return granted(lock);
    }]);
    outcome.then(settle, settle);
    this.query().then(({ pending }) => {
      if (pending.some((each) => each.name === name)) settle();
    }, settle);
    return outcome;
  });

  // What cannot be counted

  const mark = (what, about) => uncounted.add(`${what} ${String(about ?? '').split('/').pop()}`.trim());
  for (const name of ['Worker', 'SharedWorker', 'EventSource', 'WebSocketStream', 'WebTransport', 'RTCPeerConnection']) {
    if (typeof globalThis[name] !== 'function') continue;
    put(globalThis, name, new Proxy(globalThis[name], {
      construct(target, given, as) {
        mark(name, given[0]);
        return Reflect.construct(target, given, as);
      },
    }));
  }
  around(globalThis.ServiceWorkerContainer?.prototype, 'register', (register) => function (...given) {
    mark('service worker', given[0]);
    return Reflect.apply(register, this, given);
  });
  around(globalThis.Navigator?.prototype, 'sendBeacon', (send) => function (...given) {
    mark('sendBeacon', given[0]);
    return Reflect.apply(send, this, given);
  });

  // What the bed asks

  const hops = new MessageChannel();
  const hopping = [];
  hops.port1.onmessage = () => hopping.shift()();
  /** A turn of the event loop: what was posted before it has been heard. */
  const hop = () => new Promise((resolve) => {
    hopping.push(resolve);
    hops.port2.postMessage(null);
  });

  const countSockets = () => {
    const found = { opening: 0, open: 0, closing: 0, sent: 0, received: 0 };
    for (const [socket, { sent, received }] of sockets) {
      found[['opening', 'open', 'closing', 'closing'][socket.readyState]] += 1;
      found.sent += sent;
      found.received += received;
    }
    return found;
  };

  const count = () => ({
    ...countSockets(), asked, reading, storing, locking,
    document: bed.document,
    held: bed.isHeld(),
    channels: [...channels].map((each) => ({ ...each })),
    gone_sent: { ...goneSent },
    uncounted: [...uncounted, ...(frames.length > 0 ? [`${frames.length} frames`] : [])],
    timers: bed.timers(),
  });

  /** Whether something is still on its way to the page's own code. What it asks for anew is not. */
  const owes = ({ sockets: at, unanswered, streaming }) => {
    const found = countSockets();
    return storing > 0 || locking > 0 || reading > streaming || asked - (begun - begunBefore) > unanswered
      || Object.keys(at).some((key) => found[key] !== at[key]);
  };

  /** Something was counted, or it has taken too long. */
  const change = () => new Promise((resolve) => {
    changed = resolve;
    bed.realTimeout(resolve, CHANGE_MS_MAX);
  });

  /**
   * The counts (as text: it travels faster), once they are those of the wire's books or that takes long, and
   * the page has then had turns enough to do what it does about it.
   */
  bed.count = async (books) => {
    for (let turn = 0; turn < CHANGES_MAX && owes(books); turn += 1) await change();
    for (let turn = 0; turn < HOPS; turn += 1) await hop();
    begunBefore = begun;
    return JSON.stringify(count());
  };

  /** For a page that is used for one run after the other. */
  bed.restart = ({ seed, epoch_ms }) => {
    bed.seedChance(seed);
    bed.restartTime(epoch_ms);
  };
}
