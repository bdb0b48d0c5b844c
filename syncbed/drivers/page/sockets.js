/**
 * How each WebSocket of the page ended, as its own code is told, before that code hears of it. What an SDK says
 * about its connection is what is under test; this is what happened to it.
 */
(tab) => {
  const Socket = globalThis.WebSocket;
  if (typeof Socket !== 'function') return;

  globalThis.WebSocket = new Proxy(Socket, {
    construct(target, given, as) {
      const socket = Reflect.construct(target, given, as);
      let opened = false;
      socket.addEventListener('open', () => { opened = true; });
      socket.addEventListener('close', ({ code }) => {
        tab.tell('socket', { path: new URL(socket.url).pathname, opened, code });
      });
      return socket;
    },
  });
}
