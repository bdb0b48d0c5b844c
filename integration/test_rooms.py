"""The rooms dialect on real sockets: limits, keepalive, the service face, metrics, and the end."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from integration.client import Socket, connect, health, http
from integration.core.client import SECRET, token
from integration.waiting import until
from server.remote import remote_service
from server.telemetry.instruments import INSTRUMENTS
from syncbed.world import World


async def enter(client: Socket, *rooms: str) -> str:
    """Read the welcome and enter the rooms; returns the client's id."""
    connected = await client.next()
    assert connected["type"] == "connected"
    for room in rooms:
        await client.send({"type": "subscribe", "room": room})
        assert (await client.next())["type"] == "subscribed"
    client_id: str = connected["data"]["client_id"]
    return client_id


async def test_ws_speaks_rooms_and_health_counts(world: World) -> None:
    address = world.reference().address
    async with connect(address, "/ws") as client:
        await enter(client, "chat")
        assert await health(address) == {"status": "ok", "clients": 1, "rooms": 1}


async def test_each_message_is_a_frame_of_its_own(world: World) -> None:
    """Though a hundred of them are written at once: the original joined them with newlines."""
    count = 100
    async with connect(world.reference().address, "/ws/rooms") as client:
        await enter(client, "chat")
        for _ in range(count):
            await client.send({"type": "ping"})
        assert [(await client.next())["type"] for _ in range(count)] == ["pong"] * count


async def test_health_under_the_guides_names(world: World) -> None:
    redis = world.redis()
    address = world.reference(redis_url=redis.url, redis_timeout_ms=500, guide_names=True).address
    assert await health(address) == {"status": "healthy", "clients": 0, "rooms": 0}
    redis.kill()

    async def is_unhealthy() -> bool:
        async with http(address) as caller:
            answer = await caller.get("/health")
        told = answer.json()
        return answer.status_code == 503 and told["status"] == "unhealthy" and bool(told["error"])

    await until(is_unhealthy)


async def test_two_instances_are_one_world_of_rooms(world: World, redis_url: str, redis_prefix: str) -> None:
    first = world.reference(redis_url=redis_url, redis_prefix=redis_prefix).address
    second = world.reference(redis_url=redis_url, redis_prefix=redis_prefix).address
    async with connect(first, "/ws/rooms") as a, connect(second, "/ws/rooms") as b:
        sender = await enter(a, "chat")
        await enter(b, "chat")
        await a.send({"type": "publish", "room": "chat", "data": 1})
        message = await b.next()
        assert (message["data"], message["client_id"], message["room"]) == (1, sender, "chat")
        await a.send({"type": "broadcast", "data": 2})
        message = await b.next()
        assert (message["data"], message["client_id"], "room" in message) == (2, sender, False)
        # another process, without a WebSocket, tells everybody
        async with remote_service(redis_url, redis_prefix) as service:
            await service.notify_all("deployed", {"version": 7})
            await service.notify_room("chat", {"topic": "tea"})
        for client in (a, b):
            told = await client.next()
            assert (told["type"], told["data"]) == (
                "notification",
                {"event": "deployed", "data": {"version": 7}},
            )
            update = await client.next()
            assert (update["type"], update["room"], update["data"]) == (
                "room_update",
                "chat",
                {"topic": "tea"},
            )


async def test_what_the_application_tells_all_every_dialect_hears_in_its_own_words(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    address = world.reference(redis_url=redis_url, redis_prefix=redis_prefix, token_secret=SECRET).address
    told = {"event": "deployed", "data": {"version": 7}}
    async with (
        connect(address, "/ws/rooms") as rooms,
        connect(address, "/ws/state", f"?token={token('alice')}") as state,
        connect(address, "/ws/broadcast") as broadcast,
    ):
        await enter(rooms)
        assert [(await state.next())["type"] for _ in range(2)] == [
            "connection_established",
            "state_snapshot",
        ]
        await broadcast.subscribe("orders")
        async with remote_service(redis_url, redis_prefix) as service:
            await service.notify_all("deployed", {"version": 7})
        notification = await rooms.next()
        assert (notification["type"], notification["data"]) == ("notification", told)
        assert await state.next() == {"type": "notification", "payload": told}
        assert await broadcast.next() == {
            "channel": "notification",
            "event": "deployed",
            "payload": {"version": 7},
        }


async def test_who_has_read_the_welcome_hears_all_that_follows(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    address = world.reference(redis_url=redis_url, redis_prefix=redis_prefix).address
    async with http(address) as caller:
        for n in range(20):  # each time the first on its instance, which has to join the channel
            async with connect(address, "/ws/rooms") as client:
                await enter(client)
                await caller.post("/test/messages", json={"event": "told", "data": n})
                assert (await client.next())["data"] == {"event": "told", "data": n}


async def test_handlers_of_an_application_are_imported(world: World) -> None:
    address = world.reference(handlers='["integration.application.messages"]').address
    async with connect(address, "/ws/rooms") as client:
        await enter(client)
        await client.send({"type": "get_user", "data": {"email": "a@b.c"}})
        answer = await client.next()
        assert (answer["type"], answer["data"]) == ("user_response", {"email": "a@b.c"})
        await client.send({"type": "get_user"})
        assert (await client.next())["error"] == "invalid request"


async def test_a_message_that_is_too_large_closes_with_1009(world: World) -> None:
    address = world.reference(frame_bytes_max=1000).address
    async with connect(address, "/ws/rooms") as client:
        await enter(client)
        await client.send({"type": "broadcast", "data": "x" * 2000})
        assert (await client.closed())[0] == 1009


async def test_a_full_server_says_so_and_closes_with_1013(world: World) -> None:
    address = world.reference(connections_max=1).address
    async with connect(address, "/ws/rooms") as first, connect(address, "/ws/rooms") as second:
        await enter(first)
        assert (await second.next())["error"] == "server is at maximum capacity"
        assert await second.closed() == (1013, "server is at maximum capacity")


async def test_a_thousand_at_once_at_a_limit_of_500_admit_exactly_500(world: World) -> None:
    address = world.reference(connections_max=500).address
    handshake = (
        b"GET /ws/rooms HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    port = int(address.url.rpartition(":")[2])
    streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(1000)))
    try:
        for _, writer in streams:
            writer.write(handshake)
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(reader.readuntil(b'"timestamp"') for reader, _ in streams))
        admitted = sum(b'"connected"' in answer for answer in answers)
        refused = sum(b"server is at maximum capacity" in answer for answer in answers)
        assert (admitted, refused) == (500, 500)
    finally:
        for _, writer in streams:
            writer.close()


async def test_a_silent_peer_is_dropped_and_one_that_answers_is_not(world: World) -> None:
    address = world.reference(ping_interval_s=0.2, ping_timeout_s=0.2).address
    async with connect(address, "/ws/rooms") as quiet, connect(address, "/ws/rooms") as lively:
        await enter(quiet)
        await enter(lively)
        quiet.connection.transport.pause_reading()  # it answers no ping

        async def one_is_left() -> bool:
            return bool((await health(address))["clients"] == 1)

        await until(one_is_left)
        await lively.send({"type": "ping"})
        assert (await lively.next())["type"] == "pong"
        quiet.connection.transport.resume_reading()


async def test_the_end_is_told_closed_with_1001_and_bounded(world: World) -> None:
    running = world.reference(shutdown_s_max=2)
    address = running.address
    async with connect(address, "/ws/rooms") as client, connect(address, "/ws/rooms") as stuck:
        await enter(client)
        await enter(stuck)
        stuck.connection.transport.pause_reading()
        stopping = asyncio.create_task(asyncio.to_thread(running.stop))
        told = await client.next()
        assert (told["type"], told["error"]) == ("error", "connection closed")
        assert await client.closed() == (1001, "server is shutting down")
        with pytest.raises(OSError, match=r".*"):
            async with connect(address, "/ws/rooms"):
                pass
        async with asyncio.timeout(8):
            assert await stopping == 0


async def test_metrics_have_the_guides_names_and_count(world: World) -> None:
    address = world.reference().address

    async def figures() -> dict[str, float]:
        async with http(address) as caller:
            text = (await caller.get("/metrics")).text
        assert all(f"# HELP {name} " in text for name in {each.prometheus for each in INSTRUMENTS.values()})
        pairs: list[tuple[str, Any]] = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.M)
        return {name: float(value) for name, value in pairs}

    async with connect(address, "/ws/rooms") as client:
        await enter(client, "chat")
        await client.send({"type": "dance"})
        await client.next()
        found = await figures()
    assert found["websocket_clients_total"] == 1
    assert found["websocket_rooms_total"] == 1
    assert found['websocket_errors_total{error="unknown_type"}'] == 1
    assert found['websocket_messages_total{direction="received"}'] == 2
    assert found['websocket_messages_total{direction="sent"}'] == 3
    assert found["websocket_message_seconds_count"] == 2
