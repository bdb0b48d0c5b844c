"""A user who goes while something is on its way: it waits, and is heard once when the user is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.brokers.base import BrokerLimits, Delivery
from server.brokers.memory import MemoryBroker
from server.brokers.relay import Relay, RelayLimits
from server.core.connection import Connection
from server.core.events import user_channel
from server.core.hub import Hub, HubLimits
from server.core.offline_queue import Waiting
from server.dialects.base import DialectOptions
from server.dialects.state import StateEncoder
from tests.clients import heard, open_connection

ALICE = user_channel("alice")


class Away:
    def __init__(self) -> None:
        self.hub = Hub(HubLimits(10, 100))
        self.broker = MemoryBroker(BrokerLimits(100, 10, 60), "e1")
        self.relay = Relay(self.hub, self.broker, RelayLimits(60_000, 100, 100_000))

    async def connect(self) -> Connection:
        connection = open_connection(StateEncoder(DialectOptions(100)))
        self.hub.add(connection)
        self.relay.subscribe(connection, ALICE, None)
        await self.relay.settle([ALICE])
        await self.broker.flush(ALICE, 0)
        return connection

    async def tell(self, data: int) -> Delivery:
        return await self.broker.deliver(ALICE, Waiting("notification", str(data), "", False, 0))


@pytest.fixture
async def away() -> AsyncIterator[Away]:
    one = Away()
    await one.relay.open()
    yield one
    await one.relay.close()


async def rest() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def data(connection: Connection) -> list[int]:
    return [frame["payload"] for frame in heard(connection)]


async def test_what_comes_between_the_end_and_the_leaving_is_not_lost(away: Away) -> None:
    first = await away.connect()
    await away.tell(1)
    assert data(first) == [1]
    away.relay.forget(first)  # it leaves the channel in a moment
    assert (await away.tell(2)).delivered == 1
    await rest()
    assert (await away.tell(3)).waiting == 2
    second = await away.connect()
    assert data(second) == [2, 3]


async def test_who_is_back_before_that_hears_it_from_the_queue(away: Away) -> None:
    away.relay.forget(await away.connect())
    await away.tell(1)
    second = await away.connect()
    await away.tell(2)
    await rest()
    assert sorted(data(second)) == [1, 2]


async def test_a_second_connection_hears_nothing_again(away: Away) -> None:
    await away.tell(1)
    first, second = await away.connect(), await away.connect()
    assert (data(first), data(second)) == ([1], [])
