"""Whatever ends a connection, an instance or Redis, the registry is right again."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis as redis_client

from integration.client import connect
from integration.gateway.client import Gateway, join, refused, said
from integration.gateway.conftest import LEASE_S, SETTINGS
from integration.waiting import until
from syncbed.world import ReferenceProcess, World

Pair = tuple[ReferenceProcess, ReferenceProcess, Gateway]


@pytest.fixture
def pair(world: World, redis_url: str, redis_prefix: str) -> Pair:
    """Two instances of this test's own, to be killed."""
    settings = SETTINGS | {"redis_prefix": redis_prefix}
    first, second = (world.reference(redis_url=redis_url, **settings) for _ in range(2))
    return first, second, Gateway(first.address, second.address, redis_url, redis_prefix)


# a connection ends


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_no_key_is_left_of_who_has_gone(gateway: Gateway, how: str) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(join(gateway.both[n % 2], f"u{n % 5}")) for n in range(10)]
        for n, client in enumerate(clients):
            await client.send(said(f"pillar:{n % 3}"))
        for client in clients:
            await client.settle()
            if how == "abort":
                client.drop()
            else:
                await client.connection.close()
        await until(gateway.is_empty)


async def test_no_key_is_left_of_who_went_while_being_welcomed(gateway: Gateway) -> None:
    for n in range(20):
        async with connect(gateway.both[n % 2], "/ws/gateway", "?session_token=hasty") as client:
            client.connection.transport.abort()
    await until(gateway.is_empty)


async def test_no_key_is_left_of_a_handshake_that_was_broken_off(gateway: Gateway) -> None:
    port = int(gateway.first.url.rpartition(":")[2])
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /ws/gateway?session_token=broken HTTP/1.1\r\nHost: localhost\r\n")
        await writer.drain()
        writer.transport.abort()
    await until(gateway.is_empty)


# an instance ends


async def test_an_instance_that_is_killed_is_gone_from_the_registry_within_its_lease(pair: Pair) -> None:
    doomed, _, gateway = pair
    async with AsyncExitStack() as stack:
        lost = [await stack.enter_async_context(join(gateway.first, "tok")) for _ in range(3)]
        kept = [await stack.enter_async_context(join(gateway.second, "tok")) for _ in range(2)]
        await lost[0].send(said("pillar:content"))
        await lost[0].settle()
        assert await refused(gateway.second, "tok") == 4004
        dead = await gateway.instance_id(gateway.first)
        assert (await gateway.stats(gateway.second))["global"] == 5

        doomed.kill()
        began = time.monotonic()
        assert (await lost[1].closed())[0] == 1006

        async def is_right() -> bool:
            keys = gateway.registered()
            return not any(dead in key for key in keys) and len(gateway.members("user", "tok")) == 2

        await until(is_right, wait_s_max=LEASE_S)
        print(f"right again {time.monotonic() - began:.2f} s after kill -9, with a lease of {LEASE_S} s")
        ids = {client.connection_id for client in kept}
        assert gateway.members("channel", "guide") == gateway.members("user", "tok") == ids
        assert gateway.members("channel", "pillar:content") == set()
        stats = await gateway.stats(gateway.second)
        assert (stats["global"], stats["by_channel"]) == (2, {"guide": 2})
        # who was left without a connection comes back, and hears and is heard
        async with join(gateway.second, "tok") as back:
            await back.send(said(text="back"))
            for client in kept:
                await client.hears("back")
    await until(gateway.is_empty)


async def test_an_instance_that_ends_in_order_tells_its_clients_and_leaves_nothing(pair: Pair) -> None:
    ending, _, gateway = pair
    async with join(gateway.first, "tok") as client, join(gateway.second, "tok") as other:
        dead = await gateway.instance_id(gateway.first)
        ending.stop()
        goodbye = await client.next()
        assert (goodbye["type"], goodbye["message"]) == ("error", "Server is shutting down")
        assert (await client.closed())[0] == 1001
        assert not any(dead in key for key in gateway.registered())
        assert gateway.members("user", "tok") == {other.connection_id}
    await until(gateway.is_empty)


async def test_an_instance_that_stood_still_is_back_with_its_next_beat(pair: Pair) -> None:
    """It was reaped by the others, and its connections live."""
    still, _, gateway = pair
    async with join(gateway.first, "tok") as client, join(gateway.second, "other"):
        before = gateway.record(client.connection_id)
        still.suspend()

        async def is_reaped() -> bool:
            return gateway.record(client.connection_id) == {}

        await until(is_reaped, wait_s_max=2 * LEASE_S)
        assert (await gateway.stats(gateway.second))["per_user"] == {"other": 1}
        still.resume()

        async def is_back() -> bool:
            return gateway.record(client.connection_id) == before

        await until(is_back)
        body = {"connection_id": client.connection_id, "message": {"type": "response"}}
        assert (await gateway.post("send", body, gateway.second)).status_code == 200
        assert await client.next() == {"type": "response"}
    await until(gateway.is_empty)


# Redis ends


@pytest.mark.parametrize("append_only", [True, False])
async def test_redis_goes_and_comes_back_and_the_leases_are_restored(world: World, append_only: bool) -> None:
    redis = world.redis(append_only=append_only)
    first, second = (world.reference(redis_url=redis.url, **SETTINGS).address for _ in range(2))
    gateway = Gateway(first, second, redis.url, SETTINGS["redis_prefix"])
    async with join(first, "a") as a, join(second, "b") as b, join(second, "c") as leaver:
        await a.send(said("pillar:content"))
        await a.settle()
        redis.kill()

        async def is_away(status: int = 503) -> bool:
            answers = [await gateway.get("/health/websocket-gateway", each) for each in gateway.both]
            return all(answer.status_code == status for answer in answers)

        await until(is_away)
        assert await refused(first, "d") == 4000
        leaver.drop()  # the registry cannot be told
        await b.send(said("pillar:new"))
        await b.settle()
        redis.start()

        async def is_restored() -> bool:
            if not await is_away(200):
                return False
            stats = await gateway.stats()
            return bool(
                stats["per_user"] == {"a": 1, "b": 1}
                and stats["by_channel"] == {"guide": 2, "pillar:content": 1, "pillar:new": 1}
            )

        await until(is_restored)
        assert gateway.members("user", "c") == set()
        async with join(first, "d") as newcomer:
            await newcomer.send(said(text="news"))
            for client in (a, b):
                await client.hears("news")

        async def the_newcomer_has_gone() -> bool:
            return gateway.members("user", "d") == set()

        await until(the_newcomer_has_gone)
    await until(gateway.is_empty)


async def test_the_registry_away_for_a_beat_harms_nobody(gateway: Gateway) -> None:
    """All of its keys are gone at once; two beats later it is as it was."""
    async with join(gateway.first, "a"), join(gateway.second, "b"):
        before = await gateway.stats()
        wipe(gateway)

        async def is_back() -> bool:
            return await gateway.stats() == before

        await until(is_back, wait_s_max=LEASE_S)


def wipe(gateway: Gateway) -> None:
    with redis_client.Redis.from_url(gateway.redis_url) as caller:
        keys: Any = gateway.registered()
        caller.delete(*keys)
