"""The memory broker keeps the contract."""

from __future__ import annotations

import itertools

import pytest

from server.brokers.base import Broker
from server.brokers.memory import LOGS_MAX, MemoryBroker
from server.core.events import Position
from tests.brokers.contract import LIMITS, BrokerContract, Ear, Forget, OpenBroker, create


class TestMemoryBroker(BrokerContract):
    @pytest.fixture
    def open_broker(self) -> OpenBroker:
        epochs = itertools.count(1)

        async def open_one() -> tuple[MemoryBroker, Ear]:
            broker, ear = MemoryBroker(LIMITS, f"e{next(epochs)}"), Ear()
            await broker.open(ear)
            return broker, ear

        return open_one

    @pytest.fixture
    def forget(self) -> Forget:
        async def overflow(broker: Broker) -> None:
            for n in range(LOGS_MAX + 10):
                await broker.publish(f"another {n}", "noted", "1")

        return overflow

    async def test_who_listens_is_not_forgotten(self, open_broker: OpenBroker, forget: Forget) -> None:
        broker, ear = await open_broker()
        here = await broker.join("orders")
        await forget(broker)
        event = await broker.publish("orders", "noted", "1")
        assert event.position == Position(here.epoch, 1)
        assert await ear.next() == [event]

    async def test_channels_do_not_pile_up(self, open_broker: OpenBroker, forget: Forget) -> None:
        broker, _ = await open_broker()
        assert isinstance(broker, MemoryBroker)
        for n in range(20):
            await broker.join(f"joined {n}")
        for _ in range(2):
            await forget(broker)
            assert len(broker._logs) <= LOGS_MAX + 20

    async def test_a_value_that_cannot_be_told_is_not_written_either(self, open_broker: OpenBroker) -> None:
        broker, _ = await open_broker()
        with pytest.raises(ValueError, match="JSON"):
            await broker.commit("orders", create("a", "tab", 1, n=float("nan")))
        assert (await broker.read("orders")).items == []
        assert not (await broker.commit("orders", create("a", "tab", 1))).repeated

    async def test_a_closed_broker_tells_nobody(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.join("orders")
        await broker.close()
        await broker.publish("orders", "noted", "1")
        assert ear.events.empty()
