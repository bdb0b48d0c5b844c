"""A thousand at once at the limit, on two instances."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from integration.client import connect, http
from integration.gateway.client import Gateway, GatewaySocket, join, refused, said
from integration.gateway.conftest import SETTINGS
from integration.waiting import until
from syncbed.world import Address, World

pytestmark = pytest.mark.own_stack


async def test_a_channel_too_many_is_not_processed_and_the_others_go_on(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    settings = SETTINGS | {"redis_prefix": redis_prefix, "gateway_channels_max": 3}
    one = world.reference(redis_url=redis_url, **settings).address
    gateway = Gateway(one, one, redis_url, redis_prefix)
    async with join(one) as client:
        for channel in ("a", "b", "c", "guide", "a"):
            await client.send(said(channel))
            frames = await client.settle()
            assert [frame["type"] for frame in frames] == (["error"] if channel == "c" else []), channel
        assert (await gateway.stats())["by_channel"] == {"a": 1, "b": 1, "guide": 1}
        await client.send(said("d"))
        assert (await client.next())["message"] == "Message processing failed"
    await until(gateway.is_empty)


async def test_each_refusal_is_counted_by_its_name(world: World) -> None:
    redis = world.redis()
    settings = SETTINGS | {
        "gateway_connections_max": 2,
        "gateway_user_connections_max": 1,
        "gateway_ping_s": 0.2,
        "gateway_idle_s_max": 1,
    }
    one = world.reference(redis_url=redis.url, **settings).address

    async def is_counted(error: str) -> bool:
        async with http(one) as caller:
            text = (await caller.get("/metrics")).text
        return f'websocket_errors_total{{error="{error}"}} 1.0' in text

    async with connect(one, "/ws/gateway") as mute:
        async with join(one, "a"):
            assert await refused(one, "a") == 4004
            assert await refused(one, "b") == 4005
        assert await refused(one, origin="https://elsewhere.example") == 4003
        assert await refused(one, "x" * 201) == 4000
        assert (await mute.closed())[0] == 1008  # it answers no ping
    redis.kill()
    assert await refused(one, "c") == 4000
    names = ("user_full", "gateway_full", "origin_refused", "no_session", "stale", "registration_failed")
    for name in names:
        await until(partial(is_counted, name))


async def test_a_thousand_at_once_at_a_limit_of_500_let_in_exactly_500(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    settings = SETTINGS | {
        "redis_prefix": redis_prefix,
        "gateway_connections_max": 500,
        "redis_timeout_ms": 20_000,
        "gateway_lease_s": 60,
    }
    instances = [world.reference(redis_url=redis_url, **settings).address for _ in range(2)]
    gateway = Gateway(instances[0], instances[1], redis_url, redis_prefix)
    decided, counted = asyncio.Event(), asyncio.Event()
    outcomes: Counter[str] = Counter()

    async def knock(address: Address, n: int) -> None:
        query = f"?session_token=user{n % 250}"
        async with connect(address, "/ws/gateway", query, open_timeout=60) as socket:
            client = GatewaySocket(socket.connection)
            try:
                outcomes[(await client.next())["type"]] += 1
            except ConnectionClosed as end:
                outcomes[str(end.rcvd and end.rcvd.code)] += 1
            if outcomes.total() == 1000:
                decided.set()
            await counted.wait()

    async def count() -> None:
        await decided.wait()
        counts = await gateway.stats()
        assert counts["global"] == 500
        assert max(counts["per_user"].values()) <= 5
        assert sum(counts["by_gateway"].values()) == counts["by_channel"]["guide"] == 500
        counted.set()

    await asyncio.gather(count(), *(knock(instances[n % 2], n) for n in range(1000)))
    assert outcomes == {"system": 500, "4005": 500}
    await until(gateway.is_empty)
