/** Whose browser this is, and the ways to another tab, to another browser, and to the lab. */

/** Another origin is another profile, with storage and tabs of its own. `bob.localhost`, `bob.lab.localhost`: bob. */
export const profileOf = (hostname) => {
  const names = hostname.split('.');
  if (names.at(-1) !== 'localhost' || names.length === 1) return null;
  return names.at(-2) === 'lab' ? (names.at(-3) ?? null) : names[0];
};

const open = (address) => window.open(address, '_blank', 'noopener');

/** @param {string | null} profile @param {AbortSignal} closed */
export const mountOthers = (profile, closed) => {
  const at = (name) => document.querySelector(`[data-testid="${name}"]`);
  const pressed = (name, does) => at(name).addEventListener('click', does, { signal: closed });
  document.getElementById('who').textContent = profile ? `${profile}’s browser` : '';
  if (profile) document.title = `${profile} · syncbed demo · orders`;
  pressed('second-tab', () => open(`${location.origin}${location.pathname}`));

  /** @type {{lab: string, profiles: Record<string, string>} | null} addresses, if a lab offers them */
  const offer = globalThis.__syncbed?.lab ?? null;
  at('why').hidden = offer === null;
  if (offer) pressed('why', () => open(offer.lab));

  const bob = at('open-bob');
  const isBob = profile === 'bob';
  if (isBob) bob.textContent = offer ? 'Open as Alice' : 'Open as the first user';
  const other = offer ? offer.profiles?.[isBob ? 'alice' : 'bob'] : withoutLab(isBob);
  bob.disabled = !other;
  if (other) pressed('open-bob', () => open(other));
  else bob.title = 'Open this page as http://localhost to have a second profile';
};

/** Only names under localhost reach this server without a DNS of one's own. @param {boolean} isBob */
const withoutLab = (isBob) => {
  const { protocol, hostname, port } = location;
  return /(^|\.)localhost$/.test(hostname) ? `${protocol}//${isBob ? 'localhost' : 'bob.localhost'}:${port}/` : null;
};
