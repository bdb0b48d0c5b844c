/**
 * The live connection to the lab's server: what it says, and commands with their answers. It reconnects for as long as
 * the page is open, and tells apart a server that is gone from one that does not know this page's token.
 */

const WAITS_MS = [150, 300, 600, 1000, 2000];

export class CommandError extends Error {
  /** @param {string} code @param {string} text */
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/**
 * @param {{ token: string, onMessage: (message: any) => void,
 *   onConnection: (state: 'connecting' | 'live' | 'gone' | 'refused') => void }} options
 */
export const connect = ({ token, onMessage, onConnection }) => {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const asked = new Map();
  let socket = /** @type {WebSocket | null} */ (null);
  let lastId = 0;
  let failures = 0;

  const open = () => {
    const address = new URL('/live', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    address.searchParams.set('token', token);
    const mine = new WebSocket(address);
    socket = mine;
    mine.addEventListener('open', () => {
      failures = 0;
      onConnection('live');
    });
    mine.addEventListener('message', ({ data }) => hear(JSON.parse(data)));
    mine.addEventListener('close', () => {
      if (socket !== mine) return;
      socket = null;
      for (const { reject } of asked.values()) reject(new CommandError('gone', 'the connection to the lab was lost'));
      asked.clear();
      again();
    });
  };

  const again = async () => {
    const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
    failures += 1;
    // One attempt may hit a restart in the middle; the second failure is worth a word.
    if (failures > 1) onConnection((await answers()) ? 'refused' : 'gone');
    else onConnection('connecting');
    setTimeout(open, wait);
  };

  const answers = () => fetch('/static/lab/token.js', { cache: 'no-store' }).then(({ ok }) => ok, () => false);

  const hear = (message) => {
    if (message.type !== 'answer') return onMessage(message);
    const waiting = asked.get(message.id);
    asked.delete(message.id);
    if (message.error) waiting?.reject(new CommandError(message.error.code, message.error.text));
    else waiting?.resolve(message.value);
  };

  open();
  return {
    /** @param {string} name @param {object} [about] @returns {Promise<any>} */
    ask: (name, about = {}) =>
      new Promise((resolve, reject) => {
        if (socket?.readyState !== WebSocket.OPEN) {
          reject(new CommandError('gone', 'there is no connection to the lab just now'));
          return;
        }
        lastId += 1;
        asked.set(lastId, { resolve, reject });
        socket.send(JSON.stringify({ ...about, id: lastId, do: name }));
      }),
  };
};
