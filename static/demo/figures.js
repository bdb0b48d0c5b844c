/** The connection's state and the figures: what this tab shows, what is pending, what the server holds. */

const ASK_EVERY_MS = 1000;
const ASK_SOON_MS = 60;

export const mountFigures = (client, orders) => {
  const at = (name) => document.querySelector(`[data-testid="${name}"]`);
  const box = document.getElementById('connection-box');
  const serverFigure = document.getElementById('server-figure');

  const showState = (state, reason) => {
    box.dataset.state = state;
    at('connection').textContent = state;
    at('reason').textContent = reason;
  };
  client.onStateChange(showState);
  showState(client.state, client.reason);

  const showCounts = () => {
    const pending = orders.pending().length;
    at('tab-count').textContent = String(orders.items().length);
    at('pending').textContent = String(pending);
    at('pending').parentElement.classList.toggle('some', pending > 0);
  };

  const showServer = (count) => {
    if (count !== null) at('server-count').textContent = String(count);
    serverFigure.classList.toggle('unknown', count === null);
  };

  // Under a test bed every request stands in its picture: there the figure is what this tab knows of the server.
  if (globalThis.__syncbed) {
    const showKnown = () => {
      const { live, confirmed } = orders.status();
      showCounts();
      showServer(confirmed);
      serverFigure.classList.toggle('unknown', !live);
    };
    client.onStateChange(showKnown);
    orders.onChange(showKnown);
    return showKnown();
  }

  // Else it is asked of the server, by a request that carries no client id: no fault that is done to this tab
  // touches it, so it is true even when the tab itself cannot know.
  let timer = 0;
  let asked = 0;
  const askServer = async () => {
    clearTimeout(timer);
    const mine = (asked += 1);
    let count = null;
    try {
      const answer = await fetch('/api/orders', { cache: 'no-store' });
      if (answer.ok) count = (await answer.json()).items.length;
    } catch {
      // the server itself is away: the figure stays, greyed
    }
    if (mine !== asked) return; // a later question is under way
    showServer(count);
    askIn(ASK_EVERY_MS);
  };
  const askIn = (ms) => {
    clearTimeout(timer);
    timer = document.hidden ? 0 : setTimeout(askServer, ms);
  };
  document.addEventListener('visibilitychange', () => askIn(0));

  orders.onChange(() => {
    showCounts();
    askIn(ASK_SOON_MS);
  });
  showCounts();
  askServer();
};
