"""Seed 004's own JavaScript client, typed in from its guide, unchanged, against `/ws`."""

from __future__ import annotations

from playwright.sync_api import Page

GUIDE_CLIENT = """
class WebSocketClient {
  constructor(url) {
    this.url = url;
    this.ws = null;
    this.handlers = new Map();
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.ws = new WebSocket(this.url);

      this.ws.onopen = () => resolve(this);
      this.ws.onerror = (err) => reject(err);

      this.ws.onmessage = (event) => {
        const msg = JSON.parse(event.data);
        const handler = this.handlers.get(msg.type);
        if (handler) handler(msg);
      };
    });
  }

  on(type, handler) {
    this.handlers.set(type, handler);
    return this;
  }

  subscribe(room) {
    this.ws.send(JSON.stringify({ type: 'subscribe', room }));
  }

  unsubscribe(room) {
    this.ws.send(JSON.stringify({ type: 'unsubscribe', room }));
  }

  publish(room, data) {
    this.ws.send(JSON.stringify({ type: 'publish', room, data }));
  }

  broadcast(data) {
    this.ws.send(JSON.stringify({ type: 'broadcast', data }));
  }

  close() {
    this.ws.close();
  }
}
"""

GUIDE_USAGE = """
const client = new WebSocketClient('ws://localhost:8081/ws');

client
  .on('connected', (msg) => {
    console.log('Connected:', msg.data.client_id);
    client.subscribe('notifications');
  })
  .on('subscribed', (msg) => {
    console.log('Subscribed to:', msg.room);
  })
  .on('message', (msg) => {
    console.log('Message from', msg.room, ':', msg.data);
  })
  .on('error', (msg) => {
    console.error('Error:', msg.error);
  });

await client.connect();
"""

OPEN = (
    "async (room) => {"
    + GUIDE_CLIENT
    + """
    window.heard = [];
    window.client = new WebSocketClient(`ws://${location.host}/ws`);
    for (const type of ['connected', 'subscribed', 'unsubscribed', 'message', 'error', 'pong']) {
        client.on(type, (msg) => heard.push(msg));
    }
    await client.connect();
    client.subscribe(room);
}"""
)


def heard(page: Page, count: int) -> list[dict[str, object]]:
    page.wait_for_function("(count) => heard.length >= count", arg=count)
    frames: list[dict[str, object]] = page.evaluate("() => heard.splice(0)")
    assert len(frames) == count
    return frames


def test_the_guides_own_client_works_as_its_guide_says(page: Page, channel: str) -> None:
    other = page.context.new_page()
    for tab, members in ((page, 1), (other, 2)):
        tab.goto("/health")
        tab.evaluate(OPEN, channel)
        connected, subscribed = heard(tab, 2)
        assert connected["type"] == "connected"
        assert subscribed["data"] == {"room": channel, "client_count": members}

    page.evaluate("(room) => client.publish(room, { message: 'Hello!' })", channel)
    [message] = heard(other, 1)
    assert (message["type"], message["room"], message["data"]) == ("message", channel, {"message": "Hello!"})

    other.evaluate("() => client.broadcast({ any: 'payload' })")
    [message] = heard(page, 1)
    assert (message["data"], "room" in message) == ({"any": "payload"}, False)

    page.evaluate("(room) => { client.unsubscribe(room); client.publish(room, 1); }", channel)
    unsubscribed, error = heard(page, 2)
    assert unsubscribed["data"] == {"room": channel}
    assert error["error"] == "not subscribed to this room"

    page.evaluate("() => client.close()")
    page.wait_for_function("() => client.ws.readyState === WebSocket.CLOSED")


def test_the_guides_own_usage_says_what_it_says(page: Page) -> None:
    """Its address alone is another one: that of the server that runs."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/health")
    address = page.evaluate("() => `ws://${location.host}/ws`")
    usage = GUIDE_USAGE.replace("ws://localhost:8081/ws", address)
    page.evaluate(f"async () => {{ {GUIDE_CLIENT} {usage} window.client = client; }}")
    with page.expect_console_message(lambda message: message.text.startswith("Subscribed")):
        page.evaluate("() => client.subscribe('notifications')")  # it may have been told of the first already
    other = page.context.new_page()
    other.goto("/health")
    other.evaluate(OPEN, "notifications")
    heard(other, 2)
    with page.expect_console_message(lambda message: message.text.startswith("Message from")):
        other.evaluate("() => client.publish('notifications', 'tea')")
    assert said[0].startswith("Connected: ")
    assert said[1] == "Subscribed to: notifications"
    assert said[-1] == "Message from notifications : tea"
