"""The service face, on the memory broker: who is told, and what is known of who is not there."""

from __future__ import annotations

from server.brokers.memory import MemoryBroker
from server.brokers.relay import Relay, RelayLimits
from server.clock import Clock
from server.core.events import connection_channel
from server.core.hub import Hub, HubLimits
from server.dialects.base import DialectOptions
from server.service.calls import Calls
from server.service.notify import Service
from tests.brokers.contract import LIMITS
from tests.clients import heard, plain_connection


async def test_one_connection_is_told_and_one_that_is_gone_is_not_there() -> None:
    hub, broker = Hub(HubLimits(1, 10)), MemoryBroker(LIMITS, "e1")
    relay = Relay(hub, broker, RelayLimits(5000, 10, 1000))
    await relay.open()
    service = Service(relay, DialectOptions(100), Calls(relay, Clock(), lambda: "caller"))
    one, other = plain_connection(), plain_connection()
    for connection in (one, other):
        connection.home = connection_channel(connection.id)
        hub.add(connection)
        relay.subscribe(connection, connection.home, None)
        await relay.settle([connection.home])

    assert await service.tell_connection(one.id, {"n": 1})
    assert [frame["payload"] for frame in heard(one)] == [{"n": 1}]
    assert heard(other) == []

    relay.forget(one)
    await relay.settle([connection_channel(one.id)])
    assert not await service.tell_connection(one.id, {"n": 2})
    assert not await service.tell_connection("nobody", 3)
    await relay.close()
