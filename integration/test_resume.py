"""Resuming by position: everything that was missed, in order, once; or an explicit word that it is gone."""

from __future__ import annotations

import asyncio
import random

import pytest

from integration.client import broadcast, connect, http
from syncbed.world import Address, World


@pytest.fixture(params=["memory_stack", "stack"])
def any_stack(request: pytest.FixtureRequest) -> Address:
    address: Address = request.getfixturevalue(request.param)
    return address


async def test_exactly_what_was_missed_comes_in_order_and_once(any_stack: Address, channel: str) -> None:
    async with connect(any_stack) as client:
        await client.follow(channel)
        for n in range(3):
            await broadcast(any_stack, channel, n)
        last = (await client.events(3))[-1]
    for n in range(3, 8):
        await broadcast(any_stack, channel, n)
    async with connect(any_stack) as client:
        answer = await client.follow(channel, (last["epoch"], last["offset"]))
        assert (answer["recovered"], answer["offset"]) == (True, 3)
        await broadcast(any_stack, channel, 8)
        assert [event["payload"] for event in await client.events(6)] == [3, 4, 5, 6, 7, 8]
        assert await client.settle() == []


async def test_a_position_that_was_never_reached_is_not_recovered(any_stack: Address, channel: str) -> None:
    await broadcast(any_stack, channel)
    async with connect(any_stack) as client:
        here = await client.follow(channel)
        ahead = await client.follow(channel, (here["epoch"], here["offset"] + 5))
        assert (ahead["recovered"], ahead["offset"]) == (False, here["offset"])
        await broadcast(any_stack, channel)
        assert (await client.events(1))[0]["offset"] == here["offset"] + 1


@pytest.mark.parametrize("broker", ["memory", "redis"])
async def test_a_history_that_was_trimmed_is_said_to_be_gone(
    world: World, redis_url: str, broker: str
) -> None:
    url = redis_url if broker == "redis" else None
    address = world.reference(redis_url=url, history_events_max=5).address
    for n in range(10):
        await broadcast(address, "orders", n)
    async with connect(address) as client:
        epoch = (await client.follow("orders"))["epoch"]
        answer = await client.follow("orders", (epoch, 5))
        assert answer["recovered"] is True
        assert [event["payload"] for event in await client.events(5)] == [5, 6, 7, 8, 9]
        answer = await client.follow("orders", (epoch, 4))
        assert (answer["recovered"], answer["offset"]) == (False, 10)
        assert await client.settle() == []
    async with http(address) as caller:
        gone = await caller.get("/api/orders/log", params={"epoch": epoch, "from": 4})
        assert gone.status_code == 410
        assert gone.json()["error"]["current"] == {"epoch": epoch, "offset": 10}


async def test_a_resume_that_no_outbox_could_hold_is_a_resync_and_not_an_endless_loop(world: World) -> None:
    address = world.reference(outbox_bytes_max=100_000).address
    async with connect(address) as client:
        start = await client.follow("orders")
    for _ in range(10):
        await broadcast(address, "orders", "x" * 20_000)
    async with connect(address) as client:
        answer = await client.follow("orders", (start["epoch"], 0))
        assert (answer["recovered"], answer["offset"]) == (False, 10)
        assert await client.settle() == []


async def test_a_subscriber_is_told_its_position_every_now_and_then(world: World) -> None:
    address = world.reference(position_check_ms=50).address
    async with connect(address) as client, connect(address) as plain:
        await plain.subscribe("orders")
        start = await client.follow("orders")
        expected = {"type": "position", "channel": "orders", "epoch": start["epoch"], "offset": 0}
        for _ in range(3):
            assert await client.next() == expected
        assert await plain.settle(positions_too=True) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_reader_that_comes_and_goes_while_a_writer_writes_neither_misses_nor_repeats(
    any_stack: Address, channel: str, seed: int
) -> None:
    chance, total = random.Random(seed), 300
    seen: list[int] = []
    written = asyncio.Event()

    async def write() -> None:
        async with http(any_stack) as caller:
            for n in range(total):
                body = {"channel": channel, "event": "noted", "payload": n}
                (await caller.post("/test/broadcast", json=body)).raise_for_status()
        written.set()

    async with connect(any_stack) as client:
        position = await client.follow(channel)
    at = (position["epoch"], position["offset"])
    writing = asyncio.create_task(write())
    reconnects = 0
    while len(seen) < total:
        async with connect(any_stack) as client:
            answer = await client.follow(channel, at)
            assert answer["recovered"] is True
            assert (answer["epoch"], answer["offset"]) == at
            for _ in range(min(chance.randint(0, 25), total - len(seen))):
                [event] = await client.events(1)
                assert (event["epoch"], event["offset"]) == (at[0], at[1] + 1)
                seen.append(event["payload"])
                at = event["epoch"], event["offset"]
            if chance.random() < 0.5:
                client.connection.transport.abort()
            reconnects += 1
    await writing
    assert seen == list(range(total))
    assert written.is_set()
    assert reconnects > 10
