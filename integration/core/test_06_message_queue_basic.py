"""6. What waits while a user is away."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from integration.core.client import Core, Figures, StateSocket
from integration.core.conftest import PREFIX, QUEUE_AGE_S_MAX
from integration.waiting import until
from server.remote import remote_service


async def heard(client: StateSocket, count: int) -> list[Any]:
    frames = [await client.next() for _ in range(count)]
    assert {frame["type"] for frame in frames} <= {"notification"}
    sequence = [frame["sequence"] for frame in frames]
    assert sequence == list(range(sequence[0], sequence[0] + count))
    return [frame["payload"]["data"] for frame in frames]


async def test_what_was_told_while_away_is_heard_in_order_before_anything_new(
    core: Core, figures: Figures
) -> None:
    figures.start()
    for n in range(15):
        assert await core.notify("alice", f"a{n}") == "queued"
        assert await core.notify("alice", f"b{n}") == "queued"
        began = time.perf_counter()
        async with core.open() as client:
            assert await core.notify("alice", f"c{n}") == "delivered"
            assert await heard(client, 3) == [f"a{n}", f"b{n}", f"c{n}"]
            figures.seconds.append(time.perf_counter() - began)
        await until(core.is_empty)
    figures.done("messages that waited", 30)


async def test_over_the_limit_the_oldest_is_dropped(core: Core) -> None:
    for n in range(8):
        await core.notify("alice", n)
    async with core.open() as client:
        assert await heard(client, 5) == [3, 4, 5, 6, 7]
        await client.ping()


async def test_the_urgent_is_heard_first(core: Core) -> None:
    for n in range(4):
        await core.notify("alice", n, priority=n % 2 == 1)
    async with core.open() as client:
        assert await heard(client, 4) == [1, 3, 0, 2]


@pytest.mark.parametrize("broker", ["memory", "redis"])
async def test_what_is_too_old_is_not_heard(strict: Core, elsewhere: Core, broker: str) -> None:
    core = {"memory": strict, "redis": elsewhere}[broker]
    await core.notify("alice", "old")
    await core.caller.post("/test/clock", json={"frozen": True})
    await core.caller.post("/test/clock", json={"advance_ms": QUEUE_AGE_S_MAX * 1000 + 1})
    await core.notify("alice", "new")
    await core.caller.post("/test/clock", json={"frozen": False})
    async with core.open() as client:
        assert await heard(client, 1) == ["new"]
        await client.ping()


async def test_nothing_is_heard_twice_and_others_hear_nothing(core: Core) -> None:
    await core.notify("alice", 1)
    async with core.open("bob") as bob, core.open("alice") as alice:
        assert await heard(alice, 1) == [1]
        async with core.open("alice") as second:
            await second.ping()
        await bob.ping()
        await alice.ping()


async def test_nothing_is_lost_while_connections_come_and_go(strict: Core) -> None:
    """A connection that is closed with a goodbye takes nothing with it."""
    core = strict
    told = 150
    seen: list[Any] = []

    async def tell() -> None:
        for n in range(told):
            await core.notify("alice", n)

    telling = asyncio.create_task(tell())
    while len(seen) < told:
        async with core.open() as client:
            for _ in range(7):
                if len(seen) == told:
                    break
                seen += await heard(client, 1)
            await client.connection.close()
            async for rest in client.connection:  # what was on its way
                assert isinstance(rest, str)
                seen += [json.loads(rest)["payload"]["data"]]
    await telling
    assert seen == list(range(told))


async def test_another_process_tells_a_user_through_redis(core: Core, redis_url: str) -> None:
    async with remote_service(redis_url, PREFIX) as service:
        assert not await service.notify_user("alice", "noted", "away")
        async with core.open() as client:
            assert await heard(client, 1) == ["away"]
            assert await service.notify_user("alice", "noted", "here")
            assert await heard(client, 1) == ["here"]
