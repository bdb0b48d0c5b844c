"""The memory broker keeps the contract."""

from __future__ import annotations

import itertools

import pytest

from server.brokers.memory import MemoryBroker
from tests.brokers.contract import LIMITS, BrokerContract, Ear, OpenBroker, create


class TestMemoryBroker(BrokerContract):
    @pytest.fixture
    def open_broker(self) -> OpenBroker:
        epochs = itertools.count(1)

        async def open_one() -> tuple[MemoryBroker, Ear]:
            broker, ear = MemoryBroker(LIMITS, f"e{next(epochs)}"), Ear()
            await broker.open(ear)
            return broker, ear

        return open_one

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
