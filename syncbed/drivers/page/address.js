/**
 * Names the tab in every URL that the page opens through the wire: `__tab=N`, which the wire takes out again. The
 * page does not get to see it. A server behind the wire that is called by its own address is reached through the
 * wire all the same (`tab.upstreams`: host and port -> its label in front of the profile's name, if it has one).
 * What a page opens elsewhere is left alone.
 */
(tab) => {
  const port = location.port;
  const site = location.hostname.split('.').slice(-2).join('.');

  const isOurs = (url) => /^(http|ws)s?:$/.test(url.protocol) && url.port === port
    && url.hostname.split('.').slice(-2).join('.') === site;

  const plain = (host) => host.replace(/^(127\.0\.0\.1|\[::1\])(?=:|$)/, 'localhost');
  const through = (url) => {
    const standard = /s:$/.test(url.protocol) ? '443' : '80';
    const label = tab.upstreams?.[`${plain(url.hostname)}:${url.port || standard}`];
    if (label === undefined || !/^(http|ws)s?:$/.test(url.protocol)) return url;
    url.protocol = url.protocol.startsWith('ws') ? 'ws:' : 'http:';
    url.host = label ? `${label}.${tab.profile}.lab.localhost:${port}` : location.host;
    return url;
  };

  const named = (given) => {
    try {
      const url = through(new URL(given, document.baseURI));
      if (!isOurs(url) || url.searchParams.has('__tab')) return given;
      const [, before, hash] = /^([^#]*)(.*)$/s.exec(url.href);
      return `${before}${before.includes('?') ? '&' : '?'}__tab=${tab.number}${hash}`;
    } catch {
      return given; // no URL: the browser says so itself
    }
  };
  const unnamed = (url) => String(url).replace(/([?&])__tab=[^&#]*(&|(?=#|$))/, (_, before, after) => (after ? before : ''));

  const put = (owner, name, value) => {
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  };
  const isText = (input) => typeof input === 'string' || input instanceof URL;

  for (const name of ['WebSocket', 'EventSource', 'Request', 'Worker']) {
    if (typeof globalThis[name] !== 'function') continue;
    put(globalThis, name, new Proxy(globalThis[name], {
      construct: (target, [url, ...given], as) =>
        Reflect.construct(target, [isText(url) ? named(url) : url, ...given], as),
    }));
  }
  const { fetch } = globalThis;
  put(globalThis, 'fetch', function (input, ...given) {
    return Reflect.apply(fetch, this, [isText(input) ? named(input) : input, ...given]);
  });
  const { open } = XMLHttpRequest.prototype;
  put(XMLHttpRequest.prototype, 'open', function (method, url, ...given) {
    return Reflect.apply(open, this, [method, named(url), ...given]);
  });
  const { sendBeacon } = Navigator.prototype;
  if (sendBeacon) {
    put(Navigator.prototype, 'sendBeacon', function (url, ...given) {
      return Reflect.apply(sendBeacon, this, [named(url), ...given]);
    });
  }

  for (const [owner, key] of [['WebSocket', 'url'], ['EventSource', 'url'], ['Request', 'url'], ['Response', 'url'],
    ['XMLHttpRequest', 'responseURL']]) {
    const { prototype } = globalThis[owner] ?? {};
    const was = prototype && Object.getOwnPropertyDescriptor(prototype, key);
    if (!was?.get) continue;
    Object.defineProperty(prototype, key, { ...was, get() { return unnamed(Reflect.apply(was.get, this, [])); } });
  }
}
