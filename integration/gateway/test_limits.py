"""A thousand at once at the limit, on two instances."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from websockets.exceptions import ConnectionClosed

from integration.client import connect
from integration.gateway.client import Gateway, GatewaySocket, join, said
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
