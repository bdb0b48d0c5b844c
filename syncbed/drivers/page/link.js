/**
 * The link of a tab that no debugger steers: a WebSocket of its own to the bed, past the network under test. The
 * bed asks by it and the page reports by it. It comes back by itself when it is lost, and says again what may not
 * have been heard.
 *
 * First in the page: what it needs of the browser is taken here, before anybody replaces it.
 */
(tab) => {
  const SAID_MAX = 500; // reports that are kept to be said again
  const AGAIN_MS = [100, 250, 500, 1000, 2000];
  const NOT_WANTED = 4400; // from this code on the bed does not want it back
  const Socket = globalThis.WebSocket;
  const later = setTimeout.bind(globalThis);
  const { parse, stringify } = JSON;
  const document = `${performance.timeOrigin} ${Math.random()}`;
  const scripted = tab.tab; // what the token is for; the window may go by another number
  const said = []; // [number, text]
  let count = 0;
  let socket = null;
  let welcomed = false;
  let tries = 0;

  const setName = (name) => {
    tab.tab = name;
    tab.number = name.split('/')[1];
    globalThis.name = name; // stays with the window, over all its documents
  };
  if (globalThis.name.startsWith(`${tab.profile}/`)) setName(globalThis.name);

  const send = (text) => {
    // It may be closing, and nobody was told yet: what was not heard is said again by the next one.
    if (socket.readyState === Socket.OPEN) socket.send(text);
  };

  const say = ([number, text]) => send(`{"no":${number},"report":${text}}`);

  tab.report = (text) => {
    count += 1;
    said.push([count, text]);
    if (said.length > SAID_MAX) said.shift();
    if (welcomed) say([count, text]);
  };

  const own = {
    reload: () => { later(() => location.reload()); },
    close: () => { later(() => globalThis.close()); },
  };

  const answer = async ({ id, ask, about }) => {
    let told;
    try {
      const value = await (own[ask] ?? globalThis.__syncbed[ask])(about);
      told = { id, value: value ?? null };
    } catch (error) {
      told = { id, error: String(error?.message ?? error) };
    }
    if (welcomed) send(stringify(told));
  };

  const welcome = ({ tab: name, heard }) => {
    if (name !== tab.tab || !globalThis.name) setName(name);
    welcomed = true;
    tries = 0;
    said.filter(([number]) => number > heard).forEach(say);
  };

  const connect = () => {
    const query = new URLSearchParams({ tab: scripted, token: tab.token });
    socket = new Socket(`${tab.link}?${query}`);
    socket.addEventListener('open', () => socket.send(stringify({
      hello: {
        tab: tab.tab, document, url: location.href, title: globalThis.document.title, framed: window !== window.top,
        visible: globalThis.document.visibilityState === 'visible', agent: navigator.userAgent,
      },
    })));
    socket.addEventListener('message', ({ data }) => {
      const heard = parse(data);
      if (heard.welcome !== undefined) welcome(heard.welcome);
      else answer(heard);
    });
    socket.addEventListener('close', ({ code }) => {
      welcomed = false;
      if (code >= NOT_WANTED) return;
      later(connect, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
      tries += 1;
    });
  };
  // Focus in a pane is the app's; Escape gives it back to the lab's page, which cannot see keys in here.
  addEventListener('keydown', ({ key }) => key === 'Escape' && parent !== globalThis && parent.postMessage({ syncbed: 'escape' }, '*'), true);
  connect();
}
