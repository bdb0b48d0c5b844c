/**
 * Messages between the tabs of a profile: each post on a BroadcastChannel, and each one heard. The payload is not
 * touched; whoever reads the reports finds out which belong together, by channel, digest and order.
 */
(tab) => {
  const PAYLOAD_MAX = 65_536;
  const clock = performance.now.bind(performance);
  const Channel = globalThis.BroadcastChannel;
  if (typeof Channel !== 'function') return;
  let objects = 0;

  /** What JSON has no word for is named, alike on both sides. */
  const word = (key, value) => {
    if (value instanceof Map || value instanceof Set) return [...value];
    if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
    if (ArrayBuffer.isView(value)) return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
    if (value instanceof Blob) return `${value.constructor.name} of ${value.size} bytes`;
    return typeof value === 'bigint' ? String(value) : value;
  };
  const textOf = (message) => {
    try {
      return JSON.stringify(message, word) ?? String(message);
    } catch {
      return String(message); // it refers to itself
    }
  };

  /** FNV-1a, twice with other beginnings: 64 bits tell messages of one run from each other. */
  const digest = (text) => [0x811c9dc5, 0x9747b28c].map((seed) => {
    let hash = seed;
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  }).join('');

  const told = (kind, about, message) => {
    const text = textOf(message);
    tab.tell(kind, { ...about, digest: digest(text), payload: text.slice(0, PAYLOAD_MAX), cut: text.length > PAYLOAD_MAX });
  };

  globalThis.BroadcastChannel = class BroadcastChannel extends Channel {
    #about;

    constructor(name) {
      super(name);
      objects += 1;
      this.#about = { channel: this.name, object: objects, since_ms: clock() };
      this.addEventListener('message', ({ data }) => told('heard', this.#about, data));
    }

    postMessage(message) {
      super.postMessage(message);
      told('posted', this.#about, message);
    }
  };
}
