/**
 * Whether this browser reaches names under localhost without a DNS, as Chromium and Firefox do. Profiles are such
 * names; where they are not reached, every profile is a port of one host instead, and that is said.
 */

/** @param {import('./types.js').Lab} lab */
export const checkHosts = async (lab, token) => {
  const resolves = location.hostname.endsWith('.localhost') || (await reached());
  if (resolves && !location.hostname.endsWith('.localhost')) {
    // Frames of *.localhost under 127.0.0.1 would be another site's, and their storage blocked or parted.
    const address = new URL(location.href);
    address.hostname = 'lab.localhost';
    address.searchParams.set('token', token);
    location.replace(address);
    return;
  }
  await lab.send('hosts', { resolves });
  if (resolves) return;
  lab.notices.show({
    title: 'This browser does not find names under localhost',
    text: 'Profiles are ports of 127.0.0.1 instead. Storage, locks and BroadcastChannel are still apart; cookies are not, '
      + 'they belong to the host whatever the port.',
    key: 'hosts',
    stays: true,
  });
};

const reached = () => {
  const address = new URL('/static/lab/token.js', location.href);
  address.hostname = 'lab.localhost';
  return fetch(address, { mode: 'no-cors', cache: 'no-store' }).then(() => true, () => false);
};
