/**
 * What the server is asked to do to this browser, whose tabs are one client to it. The page itself changes nothing of its own behaviour, and the
 * controls show what the server has answered, not what was wished for.
 */

export const mountFaults = (client, orders, closed) => {
  const at = (name) => document.querySelector(`[data-testid="${name}"]`);
  const controls = [at('delay'), at('cut'), at('offline'), at('refuse')];
  const path = () => `/test/clients/${encodeURIComponent(client.clientId)}`;
  let faults = { delay_ms: 0, offline: false, refuse_next: false };
  let last = Promise.resolve();

  const show = () => {
    at('offline').setAttribute('aria-pressed', String(faults.offline));
    at('refuse').setAttribute('aria-pressed', String(faults.refuse_next));
    at('delay').value = String(faults.delay_ms);
  };

  const ask = async (wanted) => {
    const body = JSON.stringify(wanted);
    const answer = await fetch(`${path()}/faults`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body });
    if (answer.ok) faults = await answer.json();
    else if (answer.status === 404) admitThereAreNone();
  };

  /** One after the other: each request carries all three faults. */
  const set = (changes) => {
    last = last.then(() => ask({ ...faults, ...changes })).catch(() => {}).then(show);
  };

  const admitThereAreNone = () => {
    // Without test mode the server does not answer to Bob's name either.
    for (const control of [...controls, at('open-bob')]) control.disabled = true;
    document.getElementById('faults-caption').textContent =
      'This server runs without test mode, so it does no harm to anybody. `syncbed demo` starts one that does.';
  };

  const when = (name, happens, does) => at(name).addEventListener(happens, does, { signal: closed });
  when('delay', 'change', () => set({ delay_ms: Number(at('delay').value) }));
  when('offline', 'click', () => set({ offline: !faults.offline }));
  when('refuse', 'click', () => set({ refuse_next: !faults.refuse_next }));
  when('cut', 'click', () => fetch(`${path()}/cut`, { method: 'POST' }).catch(() => {}));

  orders.onChange(({ why, reason }) => {
    if (why !== 'refused' || reason !== 'refused') return;
    faults.refuse_next = false; // the server has used it up
    show();
  });
  client.onStateChange((state) => {
    // A server that was restarted knows of no fault: connected is what an offline tab cannot be.
    const believed = faults.offline || faults.refuse_next || faults.delay_ms > 0;
    if (state === 'connected' && believed) set({ offline: false });
  });
  client.ready.then(() => set({}));
};
