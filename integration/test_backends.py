"""The backend objects of SYNC-012: the seed's own code, and the same over real sockets and a real Redis."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis as redis_client
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from integration.client import connect
from integration.waiting import until
from server.backends import RedisBroadcastBackend, WebSocketBroadcastBackend
from server.errors import StartupError
from server.settings import Settings
from syncbed.world import Address, World


@pytest.fixture
def app_with_broadcast() -> tuple[FastAPI, WebSocketBroadcastBackend]:
    """Create a FastAPI app with broadcast WebSocket endpoint."""
    app = FastAPI()
    backend = WebSocketBroadcastBackend()
    app.include_router(backend.get_router())

    app.state.broadcast = backend
    return app, backend


@pytest.fixture
def loop_of_the_thread() -> Iterator[None]:
    """What `asyncio.get_event_loop()` of the literal code stands on."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("loop_of_the_thread")
class TestSeed21AsItIsWritten:
    """The tests of seed 001, 2.1, call for call; only the imports and the layout are ours."""

    def test_client_connects_and_subscribes(self, app_with_broadcast):  # type: ignore[no-untyped-def]
        app, backend = app_with_broadcast

        with TestClient(app) as client, client.websocket_connect("/ws/broadcast") as ws:
            # Subscribe to channel
            ws.send_json({"subscribe": ["orders"]})

            # Verify subscription
            assert backend.get_subscriber_count("orders") == 1

    def test_client_receives_broadcast(self, app_with_broadcast):  # type: ignore[no-untyped-def]
        app, backend = app_with_broadcast

        with TestClient(app) as client, client.websocket_connect("/ws/broadcast") as ws:
            ws.send_json({"subscribe": ["orders"]})

            # Backend broadcasts
            import asyncio

            asyncio.get_event_loop().run_until_complete(
                backend.broadcast("orders", "created", {"entity_id": "123"})
            )

            # Client receives
            data = ws.receive_json()
            assert data["channel"] == "orders"
            assert data["event"] == "created"
            assert data["payload"]["entity_id"] == "123"

    def test_multiple_clients_same_channel(self, app_with_broadcast):  # type: ignore[no-untyped-def]
        app, backend = app_with_broadcast

        with (
            TestClient(app) as client,
            client.websocket_connect("/ws/broadcast") as ws1,
            client.websocket_connect("/ws/broadcast") as ws2,
        ):
            ws1.send_json({"subscribe": ["orders"]})
            ws2.send_json({"subscribe": ["orders"]})

            assert backend.get_subscriber_count("orders") == 2

    def test_client_unsubscribe(self, app_with_broadcast):  # type: ignore[no-untyped-def]
        app, backend = app_with_broadcast

        with TestClient(app) as client, client.websocket_connect("/ws/broadcast") as ws:
            ws.send_json({"subscribe": ["orders"]})
            assert backend.get_subscriber_count("orders") == 1

            ws.send_json({"unsubscribe": ["orders"]})
            assert backend.get_subscriber_count("orders") == 0


def test_without_sockets_of_its_own_a_backend_still_keeps_the_order(
    app_with_broadcast: tuple[FastAPI, WebSocketBroadcastBackend],
) -> None:
    app, backend = app_with_broadcast

    async def broadcast_all() -> None:
        for n in range(200):
            await backend.broadcast("orders", "noted", n)

    with TestClient(app) as client, client.websocket_connect("/ws/broadcast") as ws:
        ws.send_json({"subscribe": ["orders"]})
        ws.send_json({"type": "ping"})
        assert ws.receive_json() == {"type": "pong"}
        asyncio.run(broadcast_all())
        assert [ws.receive_json()["payload"] for _ in range(200)] == list(range(200))
        assert backend.get_all_channels() == ["orders"]
        assert backend.get_total_connections() == 1
    assert backend.get_total_connections() == 0


def test_a_limit_that_is_reached_closes_the_connection_under_any_asgi_server() -> None:
    app = FastAPI()
    backend = WebSocketBroadcastBackend(Settings(redis_url=None, connections_max=1))
    app.include_router(backend.get_router())
    with TestClient(app) as client, client.websocket_connect("/ws/broadcast"):
        with client.websocket_connect("/ws/broadcast") as second:
            assert second.receive_json()["code"] == 50302
            end = second.receive()
            assert (end["type"], end["code"]) == ("websocket.close", 1013)
        assert backend.get_total_connections() == 1


# over real sockets


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[Address]:
    """The application on a plain uvicorn, as its users would run it."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        await until(lambda: running.started)
        port = running.servers[0].sockets[0].getsockname()[1]
        yield Address(f"http://127.0.0.1:{port}")
    finally:
        running.should_exit = True
        await asyncio.to_thread(thread.join)


async def test_a_backend_in_an_application_without_fastapi_serves_real_sockets() -> None:
    backend = WebSocketBroadcastBackend()
    router = backend.get_router()
    app = Starlette(routes=[Mount("/", router)], lifespan=router.lifespan_context)
    async with served(app) as address, connect(address) as client:
        await client.subscribe("orders")
        assert backend.get_subscriber_count("orders") == 1
        await asyncio.gather(*(backend.broadcast("orders", "noted", n) for n in range(100)))
        assert [(await client.next())["payload"] for _ in range(100)] == list(range(100))


# seed 001, 2.2: Redis pub/sub with WebSocket fan-out


@pytest.fixture
async def redis_backend(redis_url: str, redis_prefix: str) -> AsyncIterator[RedisBroadcastBackend]:
    backend = RedisBroadcastBackend(redis_url=redis_url, channel_prefix=redis_prefix)
    yield backend
    await backend.close()


async def test_a_broadcast_through_redis_fans_out_to_websockets(redis_backend: RedisBroadcastBackend) -> None:
    app = FastAPI()
    ws_backend = WebSocketBroadcastBackend()
    app.include_router(ws_backend.get_router())
    received: list[tuple[str, Any]] = []

    async def bridge_handler(event_type: str, payload: Any) -> None:
        await ws_backend.broadcast(
            channel=payload.get("channel", "unknown"), event_type=event_type, payload=payload
        )
        received.append((event_type, payload))

    async with served(app) as address, connect(address) as client:
        await client.subscribe("orders")
        await redis_backend.subscribe("orders", bridge_handler)
        await redis_backend.broadcast(
            channel="orders", event_type="created", payload={"entity_id": "123", "channel": "orders"}
        )
        frame = await client.next()
        assert (frame["channel"], frame["event"]) == ("orders", "created")
        assert frame["payload"] == {"entity_id": "123", "channel": "orders"}
        await until(lambda: received == [("created", {"entity_id": "123", "channel": "orders"})])


async def test_every_backend_on_one_redis_hears_a_broadcast_in_the_same_order(
    redis_backend: RedisBroadcastBackend, redis_url: str, redis_prefix: str
) -> None:
    other = RedisBroadcastBackend(redis_url, redis_prefix)
    heard_here: list[Any] = []
    heard_there: list[Any] = []
    try:
        await redis_backend.subscribe("orders", lambda name, payload: heard_here.append(payload))
        await other.subscribe("orders", lambda name, payload: heard_there.append(payload))
        backends = [redis_backend, other] * 10
        await asyncio.gather(*(b.broadcast("orders", "noted", n) for n, b in enumerate(backends)))
        await until(lambda: len(heard_here) == len(heard_there) == 20)
        assert heard_here == heard_there
    finally:
        await other.close()


async def test_a_handler_that_fails_stops_neither_the_others_nor_the_next_event(
    redis_backend: RedisBroadcastBackend,
) -> None:
    heard: list[Any] = []

    def fails(event_type: str, payload: Any) -> None:
        raise RuntimeError("on purpose")

    await redis_backend.subscribe("orders", fails)
    await redis_backend.subscribe("orders", lambda name, payload: heard.append(payload))
    for n in range(3):
        await redis_backend.broadcast("orders", "noted", n)
    await until(lambda: heard == [0, 1, 2])


async def test_another_prefix_is_another_application(
    redis_backend: RedisBroadcastBackend, redis_url: str, redis_prefix: str
) -> None:
    other = RedisBroadcastBackend(redis_url, redis_prefix + "-other")
    heard: list[Any] = []
    await redis_backend.subscribe("orders", lambda name, payload: heard.append(payload))
    try:
        await other.broadcast("orders", "noted", "not for us")
        await redis_backend.broadcast("orders", "noted", "for us")
        await until(lambda: heard == ["for us"])
    finally:
        await other.close()


async def test_a_backend_hears_again_after_redis_dropped_it(world: World, redis_prefix: str) -> None:
    redis = world.redis()
    backend = RedisBroadcastBackend(redis.url, redis_prefix)
    heard: list[Any] = []
    client = redis_client.Redis.from_url(redis.url)
    try:
        await backend.subscribe("orders", lambda name, payload: heard.append(payload))
        client.client_kill_filter(_type="pubsub")
        await until(lambda: client.pubsub_channels() == [])
        await until(lambda: len(client.pubsub_channels()) == 1)
        await backend.broadcast("orders", "noted", 1)
        await until(lambda: heard == [1])
    finally:
        await backend.close()


async def test_a_backend_that_found_no_redis_may_try_again(world: World, redis_prefix: str) -> None:
    redis = world.redis()
    redis.kill()
    backend = RedisBroadcastBackend(redis.url, redis_prefix)
    try:
        with pytest.raises(StartupError, match="cannot reach Redis"):
            await backend.broadcast("orders", "noted", 1)
        await asyncio.to_thread(redis.start)
        await backend.broadcast("orders", "noted", 1)
    finally:
        await backend.close()


async def test_a_backend_that_was_never_used_closes(redis_url: str) -> None:
    await RedisBroadcastBackend(redis_url, "unused").close()


def test_a_strange_page_opens_no_socket_of_a_backend(
    app_with_broadcast: tuple[FastAPI, WebSocketBroadcastBackend],
) -> None:
    app, backend = app_with_broadcast
    with TestClient(app) as client:
        strange = client.websocket_connect("/ws/broadcast", headers={"Origin": "http://evil.example"})
        with pytest.raises(WebSocketDisconnect), strange:
            pass
        with client.websocket_connect("/ws/broadcast", headers={"Origin": "http://testserver"}):
            assert backend.get_total_connections() == 1
