"""A Redis that loses what it had acknowledged: a replica that lags is promoted, a log loses its tail, a Redis
is emptied. Each starts a new epoch, so that the loss is seen and no offset is handed out twice under one.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from integration.client import Frame, Socket, connect, health, http
from integration.redis_pair import Pair, client_of, redis_pair
from integration.waiting import until
from server.brokers.base import BrokerUnavailableError, LogGoneError
from server.brokers.redis import RedisBroker
from server.core.events import Position
from syncbed.world import Address, World
from tests.brokers.contract import LIMITS, Ear, create, update

pytestmark = pytest.mark.own_stack

Open = Callable[[str], Any]


@pytest.fixture
async def pair(world: World) -> AsyncIterator[Pair]:
    async with redis_pair(world) as pair:
        yield pair


@pytest.fixture
async def opened(redis_prefix: str) -> AsyncIterator[Open]:
    made: list[RedisBroker] = []
    numbers = itertools.count(1)

    async def open_one(url: str) -> tuple[RedisBroker, Ear]:
        broker = RedisBroker(url, redis_prefix, LIMITS, 5000, lambda: f"epoch-{next(numbers)}")
        made.append(broker)
        ear = Ear()
        await broker.open(ear)
        return broker, ear

    yield open_one
    for broker in made:
        await broker.close()


async def is_back(broker: RedisBroker) -> bool:
    try:
        await broker.position("another")
    except BrokerUnavailableError:
        return False
    return True


async def written(broker: RedisBroker, *names: str) -> Position:
    for number, name in enumerate(names, 1):
        outcome = await broker.commit("orders", create(name, f"tab-{name}", number))
        assert outcome.result == "created"
    return await broker.position("orders")


async def ids(broker: RedisBroker) -> list[str]:
    return [item["id"] for item in (await broker.read("orders")).items]


# the broker


@pytest.mark.parametrize("lagging", [True, False], ids=["lagging", "in step"])
async def test_a_replica_that_is_promoted_starts_a_new_epoch_and_has_what_it_had(
    pair: Pair, opened: Open, lagging: bool
) -> None:
    broker, _ = await opened(pair.url)
    await broker.join("orders")
    await pair.follow()
    await written(broker, "a", "b")
    await pair.in_step()
    if lagging:
        await pair.lag()
    before = await written(broker, "c", "d")
    if not lagging:
        await pair.in_step()
    old = await broker.log("orders", None, 10)
    assert [event.position.offset for event in old] == [1, 2, 3, 4]
    await pair.lose_master()
    await pair.fail_over()
    await until(partial(is_back, broker))

    after = await broker.position("orders")
    assert (after.epoch != before.epoch, after.offset) == (True, 0)
    for start in (before, Position(before.epoch, 2)):
        with pytest.raises(LogGoneError):
            await broker.log("orders", start, 10)
    assert await ids(broker) == (["a", "b"] if lagging else ["a", "b", "c", "d"])
    repeats = [
        await broker.commit("orders", create(name, f"tab-{name}", number))
        for name, number in (("a", 1), ("b", 2), ("c", 1), ("d", 2))
    ]
    assert [repeat.repeated for repeat in repeats] == [True, True, not lagging, not lagging]
    assert await ids(broker) == ["a", "b", "c", "d"], "and a repeat has brought back what was lost"
    await broker.commit("orders", update("a", n=1))
    new = await broker.log("orders", None, 10)
    assert [event.position for event in new] == [Position(after.epoch, n + 1) for n in range(len(new))]
    assert len(new) == (3 if lagging else 1)


async def test_no_position_is_handed_out_twice_by_failovers_there_and_back(pair: Pair, opened: Open) -> None:
    """Nobody asks the replica about the channel while it reigns: what it leaves behind looks as if nothing
    had happened, and the old master is the very process that it was."""
    broker, _ = await opened(pair.url)
    await pair.follow()
    await written(broker, "a", "b")
    await pair.in_step()
    await pair.lag()
    await written(broker, "c", "d")
    lost = await broker.log("orders", None, 10)
    await pair.fail_over()
    await pair.fail_back()
    await until(partial(is_back, broker))
    assert await ids(broker) == ["a", "b"]
    with pytest.raises(LogGoneError):
        await broker.log("orders", lost[-1].position, 10)
    await written(broker, "e", "f")
    after = await broker.log("orders", None, 10)
    assert not {event.position for event in lost} & {event.position for event in after}


async def test_a_master_that_is_demoted_under_us_is_left_for_the_new_one(pair: Pair, opened: Open) -> None:
    """No connection ends: the old master refuses to write, definitely, and is not asked again."""
    broker, _ = await opened(pair.url)
    await pair.follow()
    before = await written(broker, "a")
    await pair.in_step()
    await pair.demote()
    with pytest.raises(BrokerUnavailableError):
        await broker.commit("orders", create("b", "tab-b", 1))
    assert (await broker.commit("orders", create("b", "tab-b", 1))).repeated is False
    here = (await broker.read("orders")).position
    assert (here.epoch != before.epoch, here.offset) == (True, 1)
    await broker.join("orders")


# a log that loses its tail, an empty Redis


async def test_a_log_that_lost_its_tail_starts_a_new_epoch_though_the_rest_is_there(
    world: World, opened: Open
) -> None:
    redis = world.redis(append_only=True)
    broker, _ = await opened(redis.url)
    await written(broker, "a", "b")
    kept_bytes = redis.log_bytes()
    before = await written(broker, "c", "d")
    lost = await broker.log("orders", None, 10)
    redis.kill()
    redis.lose_tail(kept_bytes + 20)  # in the middle of the next write
    await asyncio.to_thread(redis.start)
    await until(partial(is_back, broker))

    assert await ids(broker) == ["a", "b"]
    for offset in (2, 3, 4):
        with pytest.raises(LogGoneError):
            await broker.log("orders", Position(before.epoch, offset), 10)
    assert (await broker.commit("orders", create("c", "tab-c", 1))).repeated is False
    [event] = await broker.log("orders", None, 10)
    assert event.position.offset == 1
    assert event.position not in {event.position for event in lost}


# clients


async def create_at(address: Address, entity_id: str, mutation_id: int) -> bool:
    """Whether it was acknowledged."""
    headers = {"Client-Id": "tab", "Mutation-Id": str(mutation_id)}
    async with http(address) as caller:
        answer = await caller.post("/api/things", json={"id": entity_id}, headers=headers)
        return answer.is_success


async def is_ok(address: Address) -> bool:
    return bool((await health(address))["status"] == "ok")


class Follower:
    """What the SDK does with positions: a snapshot, the events after it, a snapshot anew when told so."""

    def __init__(self, address: Address, socket: Socket) -> None:
        self._address, self._socket = address, socket
        self.items: list[str] = []
        self.at = ("", 0)
        self.heard: list[tuple[str, int]] = []
        self.resyncs = 0

    async def begin(self) -> None:
        await self._read_anew()
        answer = await self._socket.follow("things", self.at)
        assert answer["recovered"] is True

    async def shows(self, items: list[str]) -> None:
        while self.items != items:
            await self._take(await self._socket.next())

    async def _take(self, frame: Frame) -> None:
        if frame.get("type") == "subscribed":
            assert frame["recovered"] is False, "nobody has asked for anything"
            self.resyncs += 1
            await self._read_anew()
        elif frame.get("type") == "position":
            assert (frame["epoch"], frame["offset"]) <= self.at or frame["epoch"] == self.at[0]
        elif "event" in frame:
            position = frame["epoch"], frame["offset"]
            if frame["epoch"] == self.at[0] and frame["offset"] <= self.at[1]:
                return  # the snapshot holds it
            assert position == (self.at[0], self.at[1] + 1), "a gap that nobody spoke of"
            self.at = position
            self.heard.append(position)
            self.items.append(frame["payload"]["entity_id"])

    async def _read_anew(self) -> None:
        async with http(self._address) as caller:
            body = (await caller.get("/api/things")).json()
        self.items = [item["id"] for item in body["items"]]
        self.at = body["epoch"], body["offset"]


@asynccontextmanager
async def following(address: Address) -> AsyncIterator[Follower]:
    async with connect(address) as socket:
        follower = Follower(address, socket)
        await follower.begin()
        yield follower


async def test_clients_of_two_instances_see_what_a_failover_lost_and_go_on(world: World, pair: Pair) -> None:
    await pair.follow()
    start = partial(world.reference, redis_url=pair.url)
    first, second = [(await asyncio.to_thread(start)).address for _ in range(2)]
    async with following(first) as here, following(second) as there:
        for n in (1, 2):
            assert await create_at(first, f"kept-{n}", n)
        await pair.in_step()
        await pair.lag()
        for n in (3, 4):
            assert await create_at(second, f"lost-{n}", n)
        for follower in (here, there):
            await follower.shows(["kept-1", "kept-2", "lost-3", "lost-4"])
        old = here.at
        await pair.lose_master()
        await pair.fail_over()
        for address in (first, second):
            await until(partial(is_ok, address))

        for follower in (here, there):
            await follower.shows(["kept-1", "kept-2"])
            assert follower.resyncs == 1
            assert follower.at[0] != old[0]
        assert await create_at(first, "lost-3", 3), "its id was forgotten, too: it can be written again"
        assert await create_at(second, "new-5", 5)
        for follower in (here, there):
            await follower.shows(["kept-1", "kept-2", "lost-3", "new-5"])
            assert len(set(follower.heard)) == len(follower.heard), "a position was handed out twice"
        assert here.at == there.at
    async with connect(first) as late:
        answer = await late.follow("things", old)
        assert (answer["recovered"], answer["epoch"]) == (False, here.at[0])


@pytest.mark.parametrize("loss", ["emptied", "tail lost"])
async def test_clients_see_what_redis_lost_without_a_failover(world: World, loss: str) -> None:
    redis = world.redis(append_only=True)
    start = partial(world.reference, redis_url=redis.url, position_check_ms=200)
    address = (await asyncio.to_thread(start)).address
    async with following(address) as client:
        assert await create_at(address, "a", 1)
        kept_bytes = redis.log_bytes()
        assert await create_at(address, "b", 2)
        await client.shows(["a", "b"])
        old = client.at
        if loss == "emptied":  # no connection ends, nobody says a word
            client_of(redis).flushall()
        else:
            redis.kill()
            redis.lose_tail(kept_bytes)
            await asyncio.to_thread(redis.start)
        kept = [] if loss == "emptied" else ["a"]
        await client.shows(kept)
        assert (client.resyncs, client.at[0] != old[0]) == (1, True)
        assert await create_at(address, "c", 3)
        await client.shows([*kept, "c"])
        assert client.at[1] == 1
