/** What the server is asked to do to this tab. The page itself changes nothing of its own behaviour. */

export const mountFaults = (client, orders) => {
  const at = (name) => document.querySelector(`[data-testid="${name}"]`);
  const controls = [at('delay'), at('cut'), at('offline'), at('refuse')];
  const path = `/test/clients/${encodeURIComponent(client.clientId)}`;
  const faults = { delay_ms: 0, offline: false, refuse_next: false };

  const show = () => {
    at('offline').setAttribute('aria-pressed', String(faults.offline));
    at('refuse').setAttribute('aria-pressed', String(faults.refuse_next));
    at('delay').value = String(faults.delay_ms);
  };

  const set = async (changes) => {
    Object.assign(faults, changes);
    show();
    const body = JSON.stringify(faults);
    const answer = await fetch(`${path}/faults`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body });
    if (answer.status === 404) {
      for (const control of controls) control.disabled = true;
      document.getElementById('faults-caption').textContent =
        'This server runs without test mode, so it does no harm to anybody. `syncbed demo` starts one that does.';
    }
  };

  at('delay').addEventListener('change', () => set({ delay_ms: Number(at('delay').value) }));
  at('offline').addEventListener('click', () => set({ offline: !faults.offline }));
  at('refuse').addEventListener('click', () => set({ refuse_next: !faults.refuse_next }));
  at('cut').addEventListener('click', () => fetch(`${path}/cut`, { method: 'POST' }));

  orders.onChange(({ why }) => {
    if (why !== 'refused') return;
    faults.refuse_next = false; // the server has used it up
    show();
  });
  set({});
};
