"""Whatever clients do, in whatever order: membership, order and counts stay right (Hypothesis, stateful).

The model is a page of sets and lists. The hub, the relay's memory broker and the dialect's encoder are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from server.brokers.base import BrokerLimits
from server.brokers.memory import MemoryBroker
from server.brokers.relay import Relay, RelayLimits
from server.core.connection import Connection
from server.core.hub import Hub, HubLimits
from server.dialects.base import DialectOptions
from server.dialects.rooms import RoomsEncoder
from server.errors import CHANNEL_FULL, TOO_MANY_CHANNELS, SyncbedError
from server.guard.admission import Admission
from tests.clients import heard, open_connection

ROOMS = st.sampled_from(["a", "b", "c", "d"])
CONNECTIONS_MAX, MEMBERS_MAX, ROOMS_MAX, PER_USER_MAX = 5, 3, 3, 2


class AnySequence(RuleBasedStateMachine):
    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.hub = Hub(HubLimits(ROOMS_MAX, 100, MEMBERS_MAX))
        self.admission = Admission(self.hub, CONNECTIONS_MAX, PER_USER_MAX)
        self.broker = MemoryBroker(BrokerLimits(1000, 10, 60), "e1")
        self.relay = Relay(self.hub, self.broker, RelayLimits(60_000, 100, 100_000))
        self.run(self.relay.open())
        self.encoder = RoomsEncoder(DialectOptions(100).now_ms)
        # the model
        self.rooms: dict[Connection, set[str]] = {}
        self.owed: dict[Connection, list[int]] = {}
        self.published = 0

    def run(self, work: Any) -> Any:
        async def then_settle() -> Any:
            result = await work
            for _ in range(10):
                await asyncio.sleep(0)
            return result

        return self.loop.run_until_complete(then_settle())

    def do(self, what: Callable[..., Any], *args: Any) -> None:
        """Call it in the event loop, and let that come to rest."""

        async def call() -> None:
            what(*args)

        self.run(call())

    def teardown(self) -> None:
        for connection in list(self.rooms):
            self.leave(connection)
        assert (self.hub.connections, self.hub.channels, self.admission.users) == ({}, {}, {})
        assert (self.relay.joined, self.relay.tasks) == (0, 1)
        self.run(self.relay.close())
        self.loop.close()

    def of(self, user: str) -> int:
        return sum(connection.user == user for connection in self.rooms)

    @rule(target=clients, user=st.sampled_from(["alice", "bob", "eve"]))
    def connect(self, user: str) -> Connection:
        connection = open_connection(self.encoder)
        connection.user = user
        refused = self.admission.admit(connection)
        fits = len(self.rooms) < CONNECTIONS_MAX and self.of(user) < PER_USER_MAX
        assert (refused is None) == fits
        if refused is None:
            self.rooms[connection], self.owed[connection] = set(), []
        else:
            self.admission.leave(connection)
        return connection

    @rule(connection=clients, room=ROOMS)
    def subscribe(self, connection: Connection, room: str) -> None:
        if connection not in self.rooms:
            return
        mine = self.rooms[connection]
        members = sum(room in rooms for rooms in self.rooms.values())
        expected = None
        if room not in mine:
            expected = CHANNEL_FULL if members >= MEMBERS_MAX else None
            expected = TOO_MANY_CHANNELS if len(mine) >= ROOMS_MAX else expected
        if expected is not None:
            with pytest.raises(SyncbedError) as refused:
                self.relay.subscribe(connection, room, None)
            assert refused.value.kind is expected
            return
        self.relay.subscribe(connection, room, None)
        self.run(self.relay.settle([room]))
        mine.add(room)

    @rule(connection=clients, room=ROOMS)
    def unsubscribe(self, connection: Connection, room: str) -> None:
        if connection in self.rooms:
            self.do(self.relay.unsubscribe, connection, room)
            self.rooms[connection].discard(room)

    @rule(connection=clients, room=ROOMS, by_a_client=st.booleans())
    def publish(self, connection: Connection, room: str, by_a_client: bool) -> None:
        self.published += 1
        sender = connection.id if by_a_client else ""
        self.run(self.broker.publish(room, "message", str(self.published), sender))
        for other, rooms in self.rooms.items():
            if room in rooms and other.id != sender:
                self.owed[other].append(self.published)

    @precondition(lambda self: bool(self.rooms))
    @rule(connection=consumes(clients))
    def drop(self, connection: Connection) -> None:
        if connection in self.rooms:
            self.leave(connection)

    def leave(self, connection: Connection) -> None:
        connection.step("lose")
        self.admission.leave(connection)
        self.do(self.relay.forget, connection)
        del self.rooms[connection], self.owed[connection]

    @invariant()
    def everybody_hears_what_they_are_owed_in_order_and_once(self) -> None:
        for connection, owed in self.owed.items():
            assert [frame["data"] for frame in heard(connection)] == owed
            owed.clear()

    @invariant()
    def members_and_counts_are_those_of_the_model(self) -> None:
        assert set(self.hub.connections.values()) == set(self.rooms)
        members = {room: {c for c, rooms in self.rooms.items() if room in rooms} for room in "abcd"}
        there = {name: set(channel.live) | set(channel.held) for name, channel in self.hub.channels.items()}
        assert there == {room: some for room, some in members.items() if some}
        assert self.hub.rooms == self.relay.joined == len(there)
        assert {user: len(mine) for user, mine in self.admission.users.items()} == {
            user: self.of(user) for user in ("alice", "bob", "eve") if self.of(user)
        }


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
