"""RPC in real tabs: the page's session, two tabs that share it, a server that dies, a silent link."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from e2e.conftest import Profile
from syncbed.world import ReferenceProcess, World

GUIDE = Path(__file__).parent.parent / "docs" / "rpc.md"
OPEN = """async (options = {}) => {
    const { RpcClient } = await import('/static/sdk/rpc.js');
    window.client = new RpcClient('/ws/mq', { reconnectDelay: 20, ...options });
    window.changes = [];
    client.onStateChange((state, reason) => changes.push([state, reason]));
    client.handle('client.where', () => document.title);
    await client.connect();
    return [client.pageSession, client.brokerClientId];
}"""
ASK = "async (id) => (await client.request('test.ask', { client_id: id, topic: 'client.where' })).answer"
ECHO = "async (param) => (await client.request('test.echo', { param })).result"
FAILS = "(promise) => window[promise].then(() => 'answered', ({ reason, message }) => [reason, message])"


def open_tab(page: Page, title: str, base_url: str = "", **options: object) -> list[str]:
    """The page session and the broker client id."""
    page.goto(f"{base_url}/health")
    page.evaluate("(title) => { document.title = title }", title)
    identity: list[str] = page.evaluate(OPEN, options)
    return identity


def test_a_page_is_the_same_after_a_reload_and_another_in_another_tab(page: Page) -> None:
    session, first = open_tab(page, "one")
    page.reload()
    again, second = page.evaluate(OPEN)
    assert (again, second != first) == (session, True)
    assert open_tab(page.context.new_page(), "two")[0] != session


def test_two_tabs_with_one_page_session_are_asked_each_by_its_id(page: Page) -> None:
    """A tab that is duplicated, or opened by another, is born with a copy of its storage."""
    session, here = open_tab(page, "here")
    with page.context.expect_page() as opened:
        page.evaluate("() => { window.open('/health') }")
    other = opened.value
    other.wait_for_load_state()
    assert other.evaluate("() => window.name") == ""
    twin, there = open_tab(other, "there")
    assert (twin, there != here) == (session, True)

    assert [page.evaluate(ASK, id_) for id_ in (here, there)] == ["here", "there"]
    other.close()
    assert page.evaluate(ASK, here) == "here"


def test_a_server_that_is_killed_fails_what_waits_and_finds_its_pages_again(
    page: Page, world: World, redis_url: str
) -> None:
    reference = world.reference(redis_url=redis_url)
    session, first = open_tab(page, "mine", reference.url)
    page.evaluate(
        "() => { window.slow = client.request('test.slow', { delay_ms: 60000 }, { timeout: 60000 }) }"
    )
    page.evaluate("() => { slow.catch(() => {}) }")
    page.evaluate(ECHO, 1)
    reference.kill()
    assert page.evaluate(FAILS, "slow") == ["lost", "connection lost: lost (1006)"]
    reference.start()
    page.wait_for_function(
        "(first) => client.brokerClientId !== null && client.brokerClientId !== first", arg=first
    )
    assert page.evaluate("() => client.pageSession") == session
    assert page.evaluate(ASK, page.evaluate("() => client.brokerClientId")) == "mine"
    states = page.evaluate("() => changes.map(([state]) => state)")
    assert states == ["connecting", "connected", "reconnecting", "connected"]


def test_a_link_that_died_without_a_word_is_noticed_by_a_request(context: BrowserContext) -> None:
    """Chromium's offline mode stalls an open socket, both ways, and does not close it."""
    page = context.new_page()
    open_tab(page, "mine", pongTimeout=100)
    context.set_offline(True)
    page.evaluate("() => { window.echo = client.request('test.echo', {}, { timeout: 300 }) }")
    # The page's own `offline` event may have raised the doubt before the request's timeout does.
    failed = page.evaluate(FAILS, "echo")
    assert failed in (["timed-out", "request timed out"], ["lost", "connection lost: silent"])
    page.wait_for_function(
        "() => changes.some(([state, why]) => state === 'reconnecting' && why === 'silent')"
    )
    context.set_offline(False)
    page.wait_for_function("() => client.state === 'connected'")
    assert page.evaluate(ECHO, "back") == "echo-back"


def test_clients_of_two_instances_ask_each_other_from_page_to_page(
    world: World, redis_url: str, redis_prefix: str, new_profile: Callable[..., Profile]
) -> None:
    pages, ids = [], []
    for title in ("first", "second"):
        url = world.reference(redis_url=redis_url, redis_prefix=redis_prefix).url
        page = new_profile().context.new_page()
        ids.append(open_tab(page, title, url)[1])
        pages.append(page)
    assert [pages[0].evaluate(ASK, id_) for id_ in ids] == ["first", "second"]
    pages[1].close()
    pages[0].wait_for_function(
        """async (id) => {
            const asked = client.request('test.ask', { client_id: id, topic: 'client.where' });
            return (await asked.catch(({ message }) => message)) === 'handler error: client not found';
        }""",
        arg=ids[1],
    )


def test_the_guides_two_examples_talk_to_each_other(page: Page, tmp_path: Path) -> None:
    text = GUIDE.read_text("utf-8")
    [on_server], [in_page] = (
        re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) for language in ("python", "js")
    )
    (tmp_path / "shop_rpc.py").write_text(on_server, "utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYNCBED_")}
    environ["PYTHONPATH"] = str(tmp_path)
    with ReferenceProcess(None, environ, test_mode=True, handlers='["shop_rpc"]') as reference:
        page.goto(f"{reference.url}/health")
        logged: list[str] = []
        page.on("console", lambda message: logged.append(message.text))
        with page.expect_console_message(lambda message: message.text.startswith("seen:")):
            page.add_script_tag(content=in_page, type="module")
    assert logged == ["1 tea Ada", "seen: orders.created"]
    assert all(len(example.splitlines()) <= 16 for example in (on_server, in_page))


# A client with the original's wire behaviour: it registers on open and is there once that is answered. It
# finds the call that waits by the *topic* of an answer. A request that it has no handler for, or whose
# handler gives nothing, it does not answer. To subscribe is to remember a handler, and sends no frame.
ORIGINAL = """(url) => new Promise((resolve) => {
    const waiting = {};
    const handlers = {};
    const subscriptions = {};
    const strange = [];
    const sent = [];
    const socket = new WebSocket(url);
    const id = () => `${Date.now()}-${Math.random()}`;
    const send = (header, body) => {
        sent.push(header.type);
        socket.send(JSON.stringify({ header: { messageID: id(), timestamp: Date.now(), ...header }, body }));
    };
    const sendEvent = (topic, body) => send({ type: 'event', topic }, body);
    const subscribe = (topic, handler) => { subscriptions[topic] = handler; };
    const sendRPC = (topic, body, ttl = 5000) => new Promise((done, fail) => {
        const correlationID = id();
        const timer = setTimeout(() => {
            delete waiting[correlationID];
            fail(new Error('Request timed out'));
        }, ttl);
        waiting[correlationID] = (message) => {
            clearTimeout(timer);
            delete waiting[correlationID];
            if (message.header.type === 'error') {
                fail(Object.assign(new Error(JSON.stringify(message.body)), message.header));
            } else done(message);
        };
        send({ correlationID, type: 'request', topic, ttl }, body);
    });
    const take = ({ header, body }) => {
        const { type, topic, correlationID } = header;
        if (type === 'response' || type === 'error') {
            if (waiting[topic] !== undefined) waiting[topic]({ header, body });
            else strange.push(header);
        } else if (type === 'request') {
            const result = handlers[topic]?.(body);
            if (result !== undefined) send({ correlationID, type: 'response', topic: correlationID }, result);
        } else if (topic === '_internal.client.registered') {
            const { brokerClientID } = body;
            resolve({ sendRPC, sendEvent, subscribe, handlers, strange, sent, brokerClientID });
        } else if (subscriptions[topic] !== undefined) subscriptions[topic](body);
        else strange.push(header);
    };
    socket.onopen = () => sendEvent('_client.register', { pageSessionID: 'ps-original' });
    socket.onmessage = ({ data }) => take(JSON.parse(data));
})"""


def test_a_client_with_the_originals_wire_behaviour_is_served(page: Page) -> None:
    page.goto("/health")

    def run(body: str) -> Any:
        return page.evaluate(f"async () => {{ {body} }}")

    def fails(topic: str, body: str) -> list[Any]:
        """The message, and whether the header's topic is its correlation."""
        described = "({ message, type, topic, correlationID }) => [message, type, topic === correlationID]"
        failure: list[Any] = run(f"return original.sendRPC('{topic}', {body}).then(() => null, {described})")
        return failure

    run(f"window.original = await ({ORIGINAL})(`ws://${{location.host}}/ws/mq`);")
    assert run("return original.brokerClientID").startswith("wsconn-")
    response = run("return original.sendRPC('test.echo', { param: 'p' })")
    assert response["header"]["type"] == "response"
    assert response["header"]["topic"] == response["header"]["correlationID"]
    assert response["body"] == {"result": "echo-p"}
    run("original.handlers['client.echo'] = ({ param }) => ({ result: `echo-${param}` })")
    asked = run("return original.sendRPC('test.ask', { topic: 'client.echo', body: { param: 'q' } })")
    assert asked["body"] == {"answer": {"result": "echo-q"}}
    assert fails("test.err", "null") == ['{"error":"handler error: boom"}', "error", True]
    assert fails("test.nobody", "null") == ['{"error":"no handler for topic: test.nobody"}', "error", True]
    run("original.handlers['client.silent'] = () => undefined")
    for topic in ("client.none", "client.silent"):
        assert fails("test.ask", f"{{ topic: '{topic}', timeout_ms: 50 }}") == [
            '{"error":"handler error: request timed out"}',
            "error",
            True,
        ]
    run("original.subscribe('nobody.says', () => {}); original.sendEvent('nobody.hears', { n: 1 })")
    assert run("return (await original.sendRPC('test.echo', { param: 1 })).body.result") == "echo-1"
    assert run("return original.strange") == []
    assert set(run("return original.sent")) == {"event", "request", "response"}
