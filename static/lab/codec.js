/** A scenario in a link: `#s=` and the JSON, deflated, as base64url. What comes in is somebody else's and bounded. */

const BYTES_MAX = 512 * 1024;

/** @param {string} hash  of an address @returns {Promise<any>} null if there is none; throws what is wrong */
export const readLink = async (hash) => {
  const [, text] = /^#s=([\w-]+)$/.exec(hash) ?? [];
  if (text === undefined) {
    if (hash.startsWith('#s=')) throw new Error('its letters are not those of a link');
    return null;
  }
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const json = await inflated(bytes);
  const scenario = JSON.parse(json);
  const wrong = fault(scenario);
  if (wrong) throw new Error(wrong);
  return scenario;
};

const inflated = async (bytes) => {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    // A few bytes can unfold into gigabytes.
    if (size > BYTES_MAX) throw new Error(`it unfolds to more than ${BYTES_MAX / 1024} kB`);
    text += decoder.decode(value, { stream: true });
  }
};

/** What every scenario must have, for it to be shown; the lab's server checks the rest. */
const fault = (scenario) => {
  if (typeof scenario !== 'object' || scenario === null || Array.isArray(scenario)) return 'it holds no scenario';
  if (scenario.syncbed !== 1) return 'it is of another version of the format';
  if (!Array.isArray(scenario.steps)) return 'it has no steps';
  if (typeof scenario.profiles !== 'object' || scenario.profiles === null) return 'it has no profiles';
  return '';
};
