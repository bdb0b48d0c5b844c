"""One trace shows a message from tab to tab, whichever instances and whatever broker are in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from integration.client import Socket, connect, http
from integration.core.client import SECRET, token
from integration.telemetry.collector import Collector, Span, collecting
from integration.telemetry.reporting import reporting
from integration.waiting import until
from server.core.events import user_channel
from server.remote import remote_service
from server.telemetry.spans import resumed
from syncbed.world import ReferenceProcess

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as collector:
        yield collector


async def join(client: Socket, room: str) -> str:
    """The connection's id."""
    connected = await client.next()
    await client.send({"type": "subscribe", "room": room})
    assert (await client.next())["type"] == "subscribed"
    connection_id: str = connected["data"]["client_id"]
    return connection_id


async def test_a_message_from_tab_to_tab_is_one_trace_across_two_instances_and_redis(
    collector: Collector, redis_url: str, redis_prefix: str, channel: str
) -> None:
    shared = {"redis_url": redis_url, "redis_prefix": redis_prefix}
    with reporting(collector, "here", **shared) as here, reporting(collector, "there", **shared) as there:
        async with (
            connect(here.address, "/ws/rooms") as publisher,
            connect(there.address, "/ws/rooms") as first,
            connect(there.address, "/ws/rooms") as second,
        ):
            sender = await join(publisher, channel)
            await join(first, channel)
            await join(second, channel)
            await publisher.send({"type": "publish", "room": channel, "data": {"n": 1}})
            told = [await first.next(), await second.next()]
            assert [frame["data"] for frame in told] == [{"n": 1}] * 2
            assert not any("trace" in key for frame in told for key in frame)

            delivered = await collector.span(
                lambda span: span.service == "there" and span.says(direction="sent", channel=channel)
            )
            received = await collector.span(lambda span: span.span_id == delivered.parent_id)
            at_home = await collector.span(
                lambda span: span.service == "here" and span.says(direction="sent", channel=channel)
            )
        connection = await collector.span(
            lambda span: span.name == "websocket.connection" and span.says(connection_id=sender)
        )
    assert (received.service, received.name, received.kind) == ("here", "websocket.message", "SERVER")
    assert received.says(direction="received", connection_id=sender)
    assert received.parent_id == ""
    assert received.links == (connection.span_id,)
    assert (delivered.name, delivered.kind, delivered.trace_id) == (
        "websocket.message",
        "CONSUMER",
        received.trace_id,
    )
    assert delivered.attributes["websocket.connections"] == 2
    assert (at_home.trace_id, at_home.parent_id) == (received.trace_id, received.span_id)
    assert connection.trace_id != received.trace_id


async def test_each_message_is_a_trace_of_its_own_and_an_error_is_told_in_its_span(
    collector: Collector,
) -> None:
    with reporting(collector, "here") as here:
        async with connect(here.address, "/ws/rooms") as client:
            await join(client, "chat")
            for frame in ({"type": "dance"}, {"type": "ping"}, {"type": "dance"}):
                await client.send(frame)
                await client.next()
        await collector.span(lambda span: span.name == "websocket.connection")
    messages = [span for span in collector.spans if span.name == "websocket.message"]
    assert [span.error for span in messages] == ["", "unknown_type", "", "unknown_type"]
    assert len({span.trace_id for span in messages}) == 4
    [connection] = {span.links for span in messages}
    assert [span.attributes["url.path"] for span in collector.spans if (span.span_id,) == connection] == [
        "/ws/rooms"
    ]


@pytest.mark.parametrize("broker", ["memory", "redis"])
async def test_what_a_request_says_of_its_trace_goes_on_in_what_it_publishes(
    collector: Collector, broker: str, request: pytest.FixtureRequest, redis_prefix: str
) -> None:
    """A commit, a broadcast, a notification that waits for its user: each is told with its own parent."""
    shared = {} if broker == "memory" else {"redis_url": request.getfixturevalue("redis_url")}
    with reporting(collector, "here", redis_prefix=redis_prefix, **shared) as here:
        async with connect(here.address) as client, http(here.address) as caller:
            await client.subscribe("orders", "news")
            await caller.post("/api/orders", json={"title": "latte"}, headers=TRACEPARENT)
            await client.events(1)
            body = {"channel": "news", "event": "noted", "payload": None}
            await caller.post("/test/broadcast", json=body, headers=TRACEPARENT)
            await caller.post("/test/broadcast", json=body)
            await client.events(2)
            [committed] = await sent(collector, "orders", 1)
            [noted] = await sent(collector, "news", 1)
    assert {(span.trace_id, span.parent_id) for span in (committed, noted)} == {(TRACE, CALLER)}
    assert len(await sent(collector, "news", 1)) == 1  # the second was traced by nobody


async def sent(collector: Collector, channel: str, count: int) -> list[Span]:
    def found() -> list[Span]:
        return [span for span in collector.spans if span.says(direction="sent", channel=channel)]

    await until(lambda: len(found()) >= count)
    return found()


async def test_a_connection_is_a_child_of_what_its_upgrade_carried(collector: Collector) -> None:
    with reporting(collector, "here") as here:
        async with connect(here.address, "/ws/rooms", additional_headers=TRACEPARENT) as client:
            await join(client, "chat")
        connection = await collector.span(lambda span: span.name == "websocket.connection")
    assert (connection.trace_id, connection.parent_id, connection.kind) == (TRACE, CALLER, "SERVER")


async def test_a_context_goes_through_a_server_that_traces_nothing_itself(
    collector: Collector, redis_url: str, redis_prefix: str, channel: str
) -> None:
    shared: dict[str, Any] = {"redis_url": redis_url, "redis_prefix": redis_prefix}
    with (
        ReferenceProcess(None, None, test_mode=True, **shared) as mute,
        reporting(collector, "there", **shared) as there,
    ):
        async with connect(there.address) as client, http(mute.address) as caller:
            await client.subscribe(channel)
            body = {"channel": channel, "event": "noted", "payload": None}
            await caller.post("/test/broadcast", json=body, headers=TRACEPARENT)
            await client.events(1)
            [span] = await sent(collector, channel, 1)
    assert (span.service, span.trace_id, span.parent_id) == ("there", TRACE, CALLER)


async def test_a_message_that_waits_for_its_user_keeps_its_trace(
    collector: Collector, redis_url: str, redis_prefix: str
) -> None:
    async with remote_service(redis_url, redis_prefix) as service:
        with resumed(TRACEPARENT["traceparent"]):
            assert not await service.notify_user("alice", "noted", "away")
    shared: dict[str, Any] = {"redis_url": redis_url, "redis_prefix": redis_prefix, "token_secret": SECRET}
    with reporting(collector, "here", **shared) as here:
        async with connect(here.address, "/ws/state", f"?token={token('alice')}") as client:
            while (await client.next())["type"] != "notification":
                pass
            [span] = await sent(collector, user_channel("alice"), 1)
    assert (span.trace_id, span.parent_id) == (TRACE, CALLER)
