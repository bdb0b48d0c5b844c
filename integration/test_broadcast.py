"""Seed 001, 2.1, in our words: the broadcast dialect over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from integration.client import Socket, broadcast, connect, health, http, nobody_is_left
from integration.waiting import until
from syncbed.world import Address, World
from tests.vectors import Bindings, Vector, load

PROBE = "probe"
VECTORS = [vector for vector in load("broadcast", "conversations") if "settings" not in vector]
"""Those with settings want a server of their own: tests/dialects/test_broadcast.py plays them."""


@pytest.fixture(params=["memory_stack", "stack"])
def any_stack(request: pytest.FixtureRequest) -> Address:
    address: Address = request.getfixturevalue(request.param)
    return address


# the plan's 2.1


async def test_a_client_connects_and_subscribes(any_stack: Address, channel: str) -> None:
    async with connect(any_stack) as client:
        await client.subscribe(channel)
        assert (await broadcast(any_stack, channel))["subscriber_count"] == 1


async def test_a_client_receives_a_broadcast(any_stack: Address, channel: str) -> None:
    async with connect(any_stack) as client:
        await client.subscribe(channel)
        await broadcast(any_stack, channel, {"entity_id": "123"}, "created")
        frame = await client.next()
        assert frame == {"channel": channel, "event": "created", "payload": {"entity_id": "123"}}


async def test_several_clients_hear_the_same_channel(any_stack: Address, channel: str) -> None:
    async with connect(any_stack) as first, connect(any_stack) as second:
        await first.subscribe(channel)
        await second.subscribe(channel)
        assert (await broadcast(any_stack, channel, 1))["subscriber_count"] == 2
        assert (await first.next()) == (await second.next())


async def test_a_client_that_unsubscribes_hears_no_more(any_stack: Address, channel: str) -> None:
    async with connect(any_stack) as client:
        await client.subscribe(channel, channel + "-other")
        await client.send({"unsubscribe": [channel]})
        await client.settle()
        assert (await broadcast(any_stack, channel))["subscriber_count"] == 0
        await broadcast(any_stack, channel + "-other", "the first to be heard")
        assert (await client.next())["payload"] == "the first to be heard"


# the vectors, on the real server


class Conversation:
    def __init__(self, address: Address, sockets: AsyncExitStack) -> None:
        self._address = address
        self._sockets = sockets
        self._clients: dict[str, Socket] = {}
        self._bindings = Bindings()

    async def take(self, step: dict[str, Any]) -> None:
        name = step.get("client", "a")
        if name not in self._clients:
            self._clients[name] = await self._sockets.enter_async_context(connect(self._address))
        client = self._clients[name]
        match step:
            case {"send": frame}:
                await client.send(self._bindings.fill(frame))
            case {"text": text}:
                await client.send(text)
            case {"receive": frame}:
                while (heard := await client.next()).get("event") == PROBE:
                    pass
                self._bindings.match(frame, heard)
            case {"silent": True}:
                assert [frame for frame in await client.settle() if frame.get("event") != PROBE] == []
            case {"broadcast": event}:
                await broadcast(self._address, event["channel"], event["payload"], event["event"])
            case {"subscribers": counts}:
                for name, count in counts.items():
                    probe = await broadcast(self._address, name, event=PROBE)
                    assert probe["subscriber_count"] == count


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_conversation_goes_as_it_is_written(any_stack: Address, vector: Vector) -> None:
    text, ours = json.dumps(vector["steps"]), uuid.uuid4().hex[:8]
    for name in ("orders", "contacts", "integration-test"):  # the stack is shared: channels of our own
        text = text.replace(f'"{name}"', f'"{name}-{ours}"')
    async with AsyncExitStack() as sockets:
        conversation = Conversation(any_stack, sockets)
        for step in json.loads(text):
            await conversation.take(step)


@pytest.mark.parametrize("vector", load("broadcast", "http"), ids=lambda vector: vector["name"])
async def test_a_call_is_answered_as_it_is_written(any_stack: Address, vector: Vector) -> None:
    asked, expected = vector["request"], vector["response"]
    async with http(any_stack) as client:
        answer = await client.request(asked["method"], asked["path"], json=asked.get("body"))
    assert answer.status_code == expected["status"]
    if "body" in expected:
        Bindings().match(expected["body"], answer.json())
    else:
        assert answer.json() | expected["contains"] == answer.json()


# the paths


async def test_a_websocket_path_that_is_asked_for_as_a_page_says_what_it_is(any_stack: Address) -> None:
    async with http(any_stack) as client:
        for path in ("/ws", "/ws/broadcast"):
            answer = await client.get(path)
            assert answer.status_code == 426
            assert answer.headers["upgrade"] == "websocket"
            assert answer.json()["error"]["name"] == "upgrade_required"
            assert (await client.post(path)).status_code == 405


@pytest.mark.parametrize("path", ["/ws", "/ws/broadcast"])
async def test_a_subprotocol_picks_the_dialect_on_any_path(any_stack: Address, path: str) -> None:
    async with connect(any_stack, path, subprotocols=["other", "broadcast"]) as client:
        assert client.connection.subprotocol == "broadcast"
        assert await client.settle() == []


async def test_a_subprotocol_that_nobody_speaks_is_not_confirmed(any_stack: Address) -> None:
    async with connect(any_stack, subprotocols=["other"]) as client:
        assert client.connection.subprotocol is None


async def test_there_is_no_websocket_where_there_is_none(any_stack: Address) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(any_stack, "/ws/nothing"):
            pass
    assert refused.value.response.status_code == 403


async def test_health_counts_clients_and_rooms(world: World) -> None:
    address = world.reference().address
    assert await health(address) == {"status": "ok", "clients": 0, "rooms": 0}
    async with connect(address) as first, connect(address) as second:
        await first.subscribe("a", "b")
        await second.subscribe("b")
        assert await health(address) == {"status": "ok", "clients": 2, "rooms": 2}
        await first.send({"unsubscribe": ["a"]})
        await first.settle()
        assert (await health(address))["rooms"] == 1


# many at once


async def test_events_that_travel_together_are_messages_of_their_own(
    any_stack: Address, channel: str
) -> None:
    async with connect(any_stack) as client, http(any_stack) as caller:
        answer = await client.follow(channel)
        await asyncio.gather(*(broadcast(any_stack, channel, n) for n in range(40)))
        frames = await client.events(40)
        assert [frame["offset"] for frame in frames] == list(range(1, 41))
        assert {frame["epoch"] for frame in frames} == {answer["epoch"]}
        assert sorted(frame["payload"] for frame in frames) == list(range(40))
        assert (await caller.get("/health")).status_code == 200


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536, 400_000])
async def test_a_payload_of_any_size_arrives_whole(any_stack: Address, channel: str, size: int) -> None:
    async with connect(any_stack) as client:
        await client.subscribe(channel)
        await broadcast(any_stack, channel, "x" * size)
        assert (await client.next())["payload"] == "x" * size


# cleaning up after every kind of end


async def end_politely(client: Socket, address: Address) -> None:
    await client.connection.close()


async def end_with_a_reset(client: Socket, address: Address) -> None:
    client.connection.transport.abort()


async def end_by_an_invalid_frame(client: Socket, address: Address) -> None:
    client.connection.transport.write(b"\xff\xff\xff\xff")


async def end_by_a_message_too_large(client: Socket, address: Address) -> None:
    await client.send("x" * 600_000)


async def end_by_going_silent(client: Socket, address: Address) -> None:
    client.connection.transport.pause_reading()  # neither reads nor answers a ping


async def end_by_the_server(client: Socket, address: Address) -> None:
    async with http(address) as caller:
        assert (await caller.post("/test/clients/me/cut")).json() == {"aborted": 1}


@pytest.fixture(scope="module")
def impatient(session_world: World) -> Address:
    """A server that gives up soon on who does not answer; used by one test at a time."""
    return session_world.reference(ping_interval_s=0.2, ping_timeout_s=0.2).address


@pytest.mark.parametrize(
    "end",
    [
        end_politely,
        end_with_a_reset,
        end_by_an_invalid_frame,
        end_by_a_message_too_large,
        end_by_going_silent,
        end_by_the_server,
    ],
)
async def test_however_a_connection_ends_nothing_is_left_of_it(impatient: Address, end: Any) -> None:
    await until(lambda: nobody_is_left(impatient))
    async with connect(impatient, query="?client_id=me") as client:
        await client.subscribe("a", "b")
        await client.follow("c")
        assert await health(impatient) == {"status": "ok", "clients": 1, "rooms": 3}
        await end(client, impatient)
        await until(lambda: nobody_is_left(impatient))


async def test_a_client_that_goes_silent_with_much_unread_is_given_up_as_well(impatient: Address) -> None:
    await until(lambda: nobody_is_left(impatient))
    async with connect(impatient) as client:
        client.connection.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
        )
        await client.subscribe("a")
        client.connection.transport.pause_reading()
        for _ in range(20):
            await broadcast(impatient, "a", "x" * 300_000)
        await until(lambda: nobody_is_left(impatient))


async def test_a_handshake_that_is_never_finished_leaves_nothing(impatient: Address) -> None:
    await until(lambda: nobody_is_left(impatient))
    url = httpx.URL(impatient.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /ws/broadcast HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await until(lambda: nobody_is_left(impatient))
