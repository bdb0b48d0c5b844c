"""The SDK in trouble that a page cannot make for itself: a dead link, a mute server, a crashed tab."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Error, Page

OPEN = """async ([name, options]) => {
    const { BroadcastClient, createCollection } = await import('/static/sdk/index.js');
    window.client = new BroadcastClient(options.url ?? '/ws/broadcast', options);
    window.orders = createCollection({ name, client });
    window.changes = [];
    client.onStateChange((state, reason) => changes.push([state, reason]));
    client.connect();
}"""
LIVE = "() => orders.status().live"
TITLES = "() => orders.items().map(({ title }) => title)"


def open_tab(page: Page, name: str, **options: object) -> Page:
    page.goto("/health")
    page.evaluate(OPEN, [name, {"reconnectDelay": 20, **options}])
    return page


def test_a_link_that_died_without_a_word_is_noticed_and_nothing_is_lost(
    context: BrowserContext, channel: str, base_url: str
) -> None:
    """Chromium's offline mode stalls an open socket, both ways, and does not close it."""
    here = open_tab(context.new_page(), channel, pongTimeout=100)
    here.wait_for_function(LIVE)
    context.set_offline(True)
    here.wait_for_function("() => client.state === 'reconnecting'")
    assert here.evaluate("() => changes.at(-1)") == ["reconnecting", "silent"]
    here.evaluate("() => { orders.create({ title: 'mine' }) }")
    httpx.post(f"{base_url}/api/{channel}", json={"title": "theirs"}).raise_for_status()
    assert here.evaluate(TITLES) == ["mine"]
    context.set_offline(False)
    here.wait_for_function("() => orders.status().live && orders.status().confirmed === 2")
    assert here.evaluate(TITLES) == ["theirs", "mine"]
    assert here.evaluate("() => changes.at(-1)") == ["connected", "opened"]


def test_a_quiet_link_that_answers_is_kept(context: BrowserContext, channel: str) -> None:
    page = context.new_page()
    page.add_init_script(
        """window.pings = 0;
        const { send } = WebSocket.prototype;
        WebSocket.prototype.send = function (frame) {
          if (frame.includes('"ping"')) pings += 1;
          return send.call(this, frame);
        }"""
    )
    open_tab(page, channel, quietTimeout=20, pongTimeout=2000)
    page.wait_for_function("() => pings >= 5")
    assert page.evaluate("() => changes") == [["connecting", "connect"], ["connected", "opened"]]


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_handshake_that_is_never_answered_is_given_up(
    context: BrowserContext, channel: str, mute_port: int
) -> None:
    page = open_tab(context.new_page(), channel, url=f"ws://127.0.0.1:{mute_port}/", connectTimeout=50)
    page.wait_for_function("() => client.status.attempt >= 2")
    assert page.evaluate("() => changes") == [["connecting", "connect"], ["reconnecting", "timed-out"]]


def test_what_a_crashed_tab_had_not_sent_is_sent_by_another(
    context: BrowserContext, channel: str, base_url: str
) -> None:
    one, two = (open_tab(context.new_page(), channel) for _ in range(2))
    for tab in (one, two):
        tab.wait_for_function(LIVE)
    client_id = one.evaluate("() => client.clientId")
    httpx.put(f"{base_url}/test/clients/{client_id}/faults", json={"offline": True}).raise_for_status()
    one.evaluate("() => { orders.create({ title: 'bread' }) }")
    two.wait_for_function("() => orders.items().length === 1")
    assert two.evaluate("() => orders.view()[0].from") == "tab"
    with pytest.raises(Error):
        one.goto("chrome://crash")
    two.wait_for_function("() => client.status.leads")
    httpx.put(f"{base_url}/test/clients/{client_id}/faults", json={}).raise_for_status()
    two.wait_for_function("() => orders.status().live && orders.pending().length === 0")
    assert [item["title"] for item in httpx.get(f"{base_url}/api/{channel}").json()["items"]] == ["bread"]
