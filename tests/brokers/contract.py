"""What every broker promises. The tests are the same for all.

A subclass gives the fixtures `open_broker` and `forget`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.brokers.base import Broker, BrokerLimits, Delivery, LogGoneError
from server.core.commit import Item, Mutation, Outcome
from server.core.events import NOWHERE, Event, Position, connection_channel
from server.core.json_text import dumps, loads
from server.core.offline_queue import QueueLimits, Waiting
from server.telemetry.spans import resumed

LIMITS = BrokerLimits(
    history_events_max=20,
    mutations_remembered_max=5,
    mutations_remembered_s=60,
    item_bytes_max=5000,
    queue=QueueLimits(messages_max=4, age_ms_max=60_000),
)
HEAR_S_MAX = 60.0
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

OpenBroker = Callable[[], Awaitable[tuple[Broker, "Ear"]]]
Forget = Callable[[Broker], Awaitable[None]]
"""Lets go all that a broker does not promise to keep."""


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.lives: asyncio.Queue[str] = asyncio.Queue()

    def received(self, event: Event) -> None:
        self.events.put_nowait(event)

    def connected(self) -> None:
        self.lives.put_nowait("connected")

    def disconnected(self, why: str) -> None:
        self.lives.put_nowait("disconnected")

    async def next(self, count: int = 1) -> list[Event]:
        async with asyncio.timeout(HEAR_S_MAX):
            return [await self.events.get() for _ in range(count)]

    async def life(self) -> str:
        async with asyncio.timeout(HEAR_S_MAX):
            return await self.lives.get()


def create(
    entity_id: str, client_id: str | None = None, mutation_id: int | None = None, **fields: Any
) -> Mutation:
    return Mutation("create", entity_id, fields, None, client_id, mutation_id)


def update(entity_id: str, if_match: int | None = None, **fields: Any) -> Mutation:
    return Mutation("update", entity_id, fields, if_match)


def delete(entity_id: str, if_match: int | None = None) -> Mutation:
    return Mutation("delete", entity_id, {}, if_match)


def waiting(n: int, priority: bool = False, at_ms: int = 0) -> Waiting:
    return Waiting("notification", str(n), "app", priority, at_ms)


WEIRD_NAMES = [
    "orders",
    "a:b",
    "{",
    "}",
    "{a}b",
    "a}b{c",
    "with spaces and\ttabs",
    "%7B%",
    "ünïcödé 🎉",
    "\ud83d",
    "*?[a-z]",
    "line\nbreak",
    '"',
]
WEIRD_VALUES: list[Any] = [
    None,
    [],
    {},
    [[], {}, [{}]],
    {"": ""},
    0,
    -1,
    2**53 + 1,
    -(10**40),
    0.1,
    1e300,
    5e-324,
    -0.0,
    1.0,
    True,
    "",
    "\ud800",
    "\udfff\ud83d",
    "\x00\x1f\x7f",
    "line\nbreak / \\ \" '",
    "🎉",
    {"\ud800": ["\ud800"]},
]


class BrokerContract:
    @pytest.fixture
    async def broker(self, open_broker: OpenBroker) -> Broker:
        broker, _ = await open_broker()
        return broker

    # commit

    async def test_a_commit_writes_the_item_logs_the_event_and_tells_who_listens(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        await broker.join("orders")
        item = {"id": "a", "version": 1, "title": "tea"}
        assert await broker.commit("orders", create("a", "tab", 7, title="tea")) == Outcome("created", item)
        snapshot = await broker.read("orders")
        assert (snapshot.items, snapshot.position.offset) == ([item], 1)
        [event] = await ear.next()
        assert (event.channel, event.name, event.position, event.commit) == (
            "orders",
            "created",
            snapshot.position,
            True,
        )
        assert loads(event.payload) == {
            "entity_id": "a",
            "version": 1,
            "client_id": "tab",
            "mutation_id": 7,
            "item": item,
        }
        assert await broker.log("orders", None, 10) == [event]

    async def test_an_item_lives_through_its_versions(self, broker: Broker) -> None:
        await broker.commit("orders", create("a", title="tea", done=False))
        assert await broker.commit("orders", update("a", 1, done=True, note="hot")) == Outcome(
            "updated", {"id": "a", "version": 2, "title": "tea", "done": True, "note": "hot"}
        )
        assert await broker.commit("orders", delete("a", 2)) == Outcome("deleted", {"id": "a", "version": 3})
        assert (await broker.read("orders")).items == []
        names = [event.name for event in await broker.log("orders", None, 10)]
        assert names == ["created", "updated", "deleted"]

    async def test_what_is_refused_changes_nothing_and_is_in_no_log(self, broker: Broker) -> None:
        await broker.commit("orders", create("a", n=1))
        item = {"id": "a", "version": 1, "n": 1}
        assert await broker.commit("orders", create("a", n=2)) == Outcome("id_taken", item)
        assert await broker.commit("orders", update("a", 2, n=2)) == Outcome("version_conflict", item)
        assert await broker.commit("orders", delete("a", 9)) == Outcome("version_conflict", item)
        assert await broker.commit("orders", update("b", n=2)) == Outcome("not_found", None)
        assert await broker.commit("orders", delete("b")) == Outcome("not_found", None)
        snapshot = await broker.read("orders")
        assert (snapshot.items, snapshot.position.offset) == ([item], 1)

    async def test_an_item_cannot_outgrow_its_limit_by_many_small_changes(self, broker: Broker) -> None:
        await broker.commit("orders", create("a", a="x" * 3000))
        assert await broker.commit("orders", update("a", b="x" * 3000)) == Outcome("body_too_large", None)
        assert (await broker.commit("orders", update("a", a="y"))).result == "updated"
        assert (await broker.read("orders")).position.offset == 2

    async def test_items_come_in_the_order_of_their_creation(self, broker: Broker) -> None:
        for n in range(12):
            await broker.commit("orders", create(f"i{n}"))
        await broker.commit("orders", update("i3", n=1))
        await broker.commit("orders", delete("i5"))
        await broker.commit("orders", create("i5"))
        ids = [item["id"] for item in (await broker.read("orders")).items]
        assert ids == [f"i{n}" for n in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 5)]

    async def test_two_collections_know_nothing_of_each_other(self, broker: Broker) -> None:
        await broker.commit("orders", create("a", "tab", 1))
        await broker.commit("contacts", create("a", "tab", 1, n=2))
        assert (await broker.read("contacts")).items == [{"id": "a", "version": 1, "n": 2}]
        assert (await broker.read("contacts")).position.offset == 1

    async def test_commits_at_the_same_time_get_dense_offsets_and_no_version_twice(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        await broker.join("orders")
        await broker.commit("orders", create("a"))
        outcomes = await asyncio.gather(*(broker.commit("orders", update("a", n=n)) for n in range(15)))
        assert sorted(outcome.body["version"] for outcome in outcomes) == list(range(2, 17))
        assert [event.position.offset for event in await ear.next(16)] == list(range(1, 17))

    async def test_of_writers_on_the_same_version_one_wins(self, broker: Broker) -> None:
        await broker.commit("orders", create("a"))
        outcomes = await asyncio.gather(*(broker.commit("orders", update("a", 1, n=n)) for n in range(10)))
        assert sorted(outcome.result for outcome in outcomes) == ["updated"] + ["version_conflict"] * 9

    # mutation ids

    async def test_a_repeat_answers_with_the_first_outcome(self, broker: Broker) -> None:
        first = await broker.commit("orders", create("a", "tab", 1, n=1))
        await broker.commit("orders", delete("a"))
        again = await broker.commit("orders", create("a", "tab", 1, n=1))
        assert again == Outcome(first.result, first.body, repeated=True)
        assert (await broker.read("orders")).position.offset == 2

    async def test_a_repeat_answers_with_the_first_outcome_of_a_refusal_as_well(self, broker: Broker) -> None:
        mutation = Mutation("update", "a", {"n": 1}, None, "tab", 1)
        assert await broker.commit("orders", mutation) == Outcome("not_found", None)
        await broker.commit("orders", create("a"))
        assert await broker.commit("orders", mutation) == Outcome("not_found", None, repeated=True)

    async def test_a_write_that_was_refused_beforehand_consumes_its_id(self, broker: Broker) -> None:
        body = {"message": "no", "field": None}
        refused = Mutation("refuse", "a", {}, None, "tab", 1, ("refused", body))
        assert await broker.commit("orders", refused) == Outcome("refused", body)
        again = await broker.commit("orders", create("a", "tab", 1))
        assert again == Outcome("refused", body, repeated=True)
        snapshot = await broker.read("orders")
        assert (snapshot.items, snapshot.position.offset) == ([], 0)

    async def test_ids_may_leave_gaps_but_not_go_back(self, broker: Broker) -> None:
        assert (await broker.commit("orders", create("a", "tab", 5))).result == "created"
        assert await broker.commit("orders", create("b", "tab", 4)) == Outcome("stale_mutation", None)
        assert (await broker.commit("orders", create("b", "tab", 9))).result == "created"
        assert (await broker.commit("orders", create("c", "other", 1))).result == "created"
        assert (await broker.commit("contacts", create("a", "tab", 1))).result == "created"

    async def test_only_so_many_ids_are_remembered(self, broker: Broker) -> None:
        for n in range(1, 8):
            await broker.commit("orders", create(f"i{n}", "tab", n))
        assert (await broker.commit("orders", create("i3", "tab", 3))).repeated
        assert await broker.commit("orders", create("i2", "tab", 2)) == Outcome("stale_mutation", None)

    async def test_the_largest_ids_are_told_apart(self, broker: Broker) -> None:
        largest = 2**53 - 1
        assert (await broker.commit("orders", create("a", "tab", largest - 1))).result == "created"
        assert (await broker.commit("orders", create("b", "tab", largest))).result == "created"
        assert (await broker.commit("orders", create("a", "tab", largest - 1))).repeated

    async def test_repeats_at_the_same_time_happen_once(self, broker: Broker) -> None:
        same = create("a", "tab", 1)
        outcomes = await asyncio.gather(*(broker.commit("orders", same) for _ in range(10)))
        assert sorted(outcome.repeated for outcome in outcomes) == [False] + [True] * 9
        assert {outcome.result for outcome in outcomes} == {"created"}

    async def test_an_older_fence_is_refused_and_leaves_no_trace(self, broker: Broker) -> None:
        def by(fence: int | None, n: int) -> Mutation:
            return Mutation("create", f"i{n}", {}, None, "profile", n, fence=fence)

        assert (await broker.commit("orders", by(2, 1))).result == "created"
        assert await broker.commit("orders", by(1, 2)) == Outcome("stale_fence", None)
        assert await broker.commit("orders", by(1, 1)) == Outcome("stale_fence", None), "not even a repeat"
        assert (await broker.commit("orders", by(2, 2))).result == "created", "its id was not used up"
        assert (await broker.commit("orders", by(None, 3))).result == "created", (
            "who knows no fences has none"
        )
        other = Mutation("create", "o", {}, None, "other", 1, fence=1)
        assert (await broker.commit("orders", other)).result == "created"
        assert (await broker.commit("contacts", by(1, 1))).result == "created"
        assert (await broker.read("orders")).position.offset == 4

    async def test_a_fence_counts_however_its_mutation_ended(self, broker: Broker) -> None:
        def by(fence: int, n: int) -> Mutation:
            return Mutation("update", "nobody", {}, None, "profile", n, fence=fence)

        assert (await broker.commit("orders", by(1, 1))).result == "not_found"
        assert (await broker.commit("orders", by(2, 1))).repeated
        assert (await broker.commit("orders", by(1, 2))).result == "stale_fence"
        assert (await broker.commit("orders", by(10, 2))).result == "not_found", "a number, not a text"
        assert (await broker.commit("orders", by(9, 3))).result == "stale_fence"

    # values and names

    @pytest.mark.parametrize("value", WEIRD_VALUES, ids=ascii)
    async def test_a_value_survives_byte_for_byte(self, open_broker: OpenBroker, value: Any) -> None:
        broker, ear = await open_broker()
        await broker.join("things")
        await broker.commit("things", create("a", f=value))
        await broker.commit("things", update("a", g=value))
        expected = dumps({"id": "a", "version": 2, "f": value, "g": value})
        [item] = (await broker.read("things")).items
        assert dumps(item) == expected
        assert expected in (await ear.next(2))[1].payload
        conflict = await broker.commit("things", update("a", 1))
        assert dumps(conflict.body) == expected
        again = [await broker.commit("things", create("b", "tab", 1, f=value)) for _ in range(2)]
        assert dumps(again[0].body) == dumps(again[1].body)

    @pytest.mark.parametrize("name", WEIRD_NAMES, ids=ascii)
    async def test_channels_ids_clients_and_fields_may_be_called_anything(
        self, open_broker: OpenBroker, name: str
    ) -> None:
        broker, ear = await open_broker()
        await broker.join(name)
        client_id = name.encode("utf-8", "replace").decode()
        outcome = await broker.commit(name, Mutation("create", name, {name: name}, None, client_id, 1))
        assert outcome == Outcome("created", {"id": name, "version": 1, name: name})
        assert (await broker.commit(name, Mutation("create", name, {}, None, client_id, 1))).repeated
        assert (await broker.commit(name, update(name, **{name: 2}))).result == "updated"
        await broker.publish(name, name, dumps(name))
        events = await ear.next(3)
        assert {event.channel for event in events} == {name}
        assert (events[2].name, loads(events[2].payload)) == (name, name)
        assert await broker.log(name, None, 10) == events
        assert (await broker.read(name)).items == [{"id": name, "version": 2, name: 2}]

    async def test_names_that_look_alike_are_different_channels(self, broker: Broker) -> None:
        for n, name in enumerate(WEIRD_NAMES):
            await broker.commit(name, create(f"i{n}"))
        for n, name in enumerate(WEIRD_NAMES):
            items: list[Item] = (await broker.read(name)).items
            assert [item["id"] for item in items] == [f"i{n}"]

    # publish, log, position

    async def test_a_broadcast_takes_an_offset_and_commits_nothing(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        position = await broker.join("orders")
        event = await broker.publish("orders", "noted", '{"by":[]}')
        expected = Event("orders", "noted", '{"by":[]}', Position(position.epoch, 1), commit=False)
        assert event == expected
        assert await ear.next() == [expected]
        assert await broker.log("orders", position, 10) == [expected]
        assert (await broker.read("orders")).items == []

    async def test_an_event_says_who_sent_it_to_those_who_hear_it_and_in_the_log(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        await broker.join("orders")
        await broker.publish("orders", "noted", "1", 'tab "1"\n')
        await broker.publish("orders", "noted", "2")
        await broker.commit("orders", create("a", "tab-2", 1))
        await broker.commit("orders", create("b"))
        senders = ['tab "1"\n', "", "tab-2", ""]
        assert [event.sender for event in await ear.next(4)] == senders
        assert [event.sender for event in await broker.log("orders", None, 10)] == senders

    async def test_a_position_is_where_the_next_event_follows(self, broker: Broker) -> None:
        start = await broker.position("orders")
        assert start.offset == 0
        await broker.publish("orders", "noted", "1")
        assert await broker.position("orders") == Position(start.epoch, 1)

    async def test_asking_does_not_move_anything(self, broker: Broker) -> None:
        first = await broker.position("quiet")
        assert await broker.position("quiet") == first
        assert await broker.log("quiet", None, 10) == []
        assert await broker.log("quiet", first, 10) == []
        assert (await broker.read("quiet")).position == first

    async def test_the_log_gives_what_follows_a_position_and_no_more_than_asked(self, broker: Broker) -> None:
        events = [await broker.publish("orders", "noted", str(n)) for n in range(10)]
        assert await broker.log("orders", events[3].position, 100) == events[4:]
        assert await broker.log("orders", events[3].position, 2) == events[4:6]
        assert await broker.log("orders", None, 3) == events[:3]
        assert await broker.log("orders", events[9].position, 3) == []

    async def test_a_log_that_was_trimmed_says_so_and_where_it_stands(self, broker: Broker) -> None:
        events = [await broker.publish("orders", "noted", str(n)) for n in range(25)]
        assert await broker.log("orders", events[4].position, 100) == events[5:]
        for gone in (events[3].position, None):
            with pytest.raises(LogGoneError) as error:
                await broker.log("orders", gone, 100)
            assert error.value.position == events[24].position

    @pytest.mark.parametrize("offset", [6, 10**30])
    async def test_a_position_that_was_never_reached_cannot_be_gone_on_from(
        self, broker: Broker, offset: int
    ) -> None:
        for n in range(5):
            last = await broker.publish("orders", "noted", str(n))
        with pytest.raises(LogGoneError):
            await broker.log("orders", Position(last.position.epoch, offset), 10)

    async def test_a_position_of_another_epoch_cannot_be_gone_on_from(self, broker: Broker) -> None:
        last = await broker.publish("orders", "noted", "1")
        with pytest.raises(LogGoneError) as error:
            await broker.log("orders", Position("another", 0), 10)
        assert error.value.position == last.position

    async def test_what_nobody_uses_may_be_forgotten_and_begins_a_new_epoch_but_no_collection(
        self, broker: Broker, forget: Forget
    ) -> None:
        """Names are the clients' to choose: they must not stay for ever, and no offset comes twice."""
        chosen = await broker.publish("chosen by a client", "noted", "1")
        await broker.position("only asked about")
        await broker.publish("orders", "noted", "1")  # before it is a collection
        await broker.commit("orders", create("a"))
        kept = await broker.publish("orders", "noted", "2")
        await broker.commit("emptied", create("a"))
        await broker.commit("emptied", delete("a"))
        emptied = await broker.position("emptied")

        await forget(broker)

        again = await broker.publish("chosen by a client", "noted", "2")
        assert (again.position.offset, again.position.epoch != chosen.position.epoch) == (1, True)
        with pytest.raises(LogGoneError):
            await broker.log("chosen by a client", chosen.position, 10)
        assert await broker.position("orders") == kept.position
        assert [event.name for event in await broker.log("orders", None, 10)] == ["noted", "created", "noted"]
        assert await broker.position("emptied") == emptied

    # delivery

    async def test_only_joined_channels_are_heard(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.join("orders")
        await broker.publish("contacts", "noted", "1")
        await broker.publish("orders", "noted", "2")
        assert [event.payload for event in await ear.next()] == ["2"]

    async def test_a_channel_that_was_left_is_heard_no_more_until_it_is_joined_again(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        for name in ("orders", "contacts"):
            await broker.join(name)
        await broker.leave("orders")
        await broker.leave("orders")
        await broker.publish("orders", "noted", "1")
        await broker.publish("contacts", "noted", "2")
        position = await broker.join("orders")
        assert position.offset == 1
        await broker.publish("orders", "noted", "3")
        assert [event.payload for event in await ear.next(2)] == ["2", "3"]

    async def test_joining_twice_is_hearing_once(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await asyncio.gather(*(broker.join("orders") for _ in range(3)))
        await broker.publish("orders", "noted", "1")
        await broker.publish("orders", "noted", "2")
        assert [event.payload for event in await ear.next(2)] == ["1", "2"]

    async def test_no_event_after_the_position_of_a_join_is_missed(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()

        async def publish() -> None:
            for n in range(15):
                await broker.publish("orders", "noted", str(n))

        _, position = await asyncio.gather(publish(), broker.join("orders"))
        offsets = [event.position.offset for event in await ear.next(15 - position.offset)]
        assert [offset for offset in offsets if offset > position.offset][:1] in ([], [position.offset + 1])

    async def test_a_broker_that_is_open_says_that_it_delivers_and_what_survives(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        assert await ear.life() == "connected"
        assert len(broker.survives()) > 20

    # signals

    async def test_a_signal_is_heard_by_who_listens_now_and_kept_nowhere(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        channel = connection_channel("c1")
        assert await broker.signal(channel, "asked", "0") == 0
        assert await broker.join(channel) == NOWHERE
        assert await broker.signal(channel, "asked", '{"n":1}', "\ud800 app") == 1
        assert await ear.next() == [Event(channel, "asked", '{"n":1}', NOWHERE, sender="\ud800 app")]
        assert await broker.signal(connection_channel("c2"), "asked", "2") == 0
        await broker.leave(channel)
        assert await broker.signal(channel, "asked", "3") == 0
        assert ear.events.empty()
        with pytest.raises(LogGoneError):
            await broker.log(channel, Position((await broker.position(channel)).epoch, 1), 10)

    # who may be away

    async def test_what_is_published_carries_the_context_of_who_published_it(
        self, open_broker: OpenBroker
    ) -> None:
        """In the log too, and through a queue; whoever publishes without one leaves none."""
        broker, ear = await open_broker()
        ours, away = connection_channel("c1"), "user"
        for channel in ("orders", ours):
            await broker.join(channel)
        with resumed(TRACEPARENT):
            await broker.commit("orders", create("one", "a client; of odd name", 1))
            await broker.publish("orders", "noted", "1", "a sender; of odd name")
            await broker.signal(ours, "noted", "2")
            await broker.deliver(away, waiting(3))
        await broker.publish("orders", "noted", "4")
        await broker.join(away)
        await broker.flush(away, 0)
        heard = await ear.next(5)
        by_payload = {event.payload: event.trace for event in heard if not event.commit}
        assert by_payload == {"1": TRACEPARENT, "2": TRACEPARENT, "3": TRACEPARENT, "4": ""}
        [commit] = [event for event in heard if event.commit]
        assert (commit.trace, commit.sender) == (TRACEPARENT, "a client; of odd name")
        logged = await broker.log("orders", None, 10)
        assert [(event.trace, event.sender, event.commit) for event in logged] == [
            (TRACEPARENT, "a client; of odd name", True),
            (TRACEPARENT, "a sender; of odd name", False),
            ("", "", False),
        ]

    async def test_a_message_for_nobody_waits_and_is_heard_before_anything_new(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        assert await broker.deliver("bob", waiting(1)) == Delivery(0, 1)
        assert await broker.deliver("bob", waiting(2)) == Delivery(0, 2)
        await broker.join("bob")
        assert await broker.deliver("bob", waiting(3)) == Delivery(3, 0)
        heard = await ear.next(3)
        assert [(event.payload, event.position.offset) for event in heard] == [("1", 1), ("2", 2), ("3", 3)]
        assert (heard[0].name, heard[0].sender) == ("notification", "app")
        assert await broker.flush("bob", 0) == Delivery(0, 0)

    async def test_a_flush_gives_what_waits_once_and_only_to_who_listens(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        await broker.deliver("bob", waiting(1))
        assert await broker.flush("bob", 0) == Delivery(0, 1)
        await broker.join("bob")
        assert await broker.flush("bob", 0) == Delivery(1, 0)
        assert await broker.flush("bob", 0) == Delivery(0, 0)
        assert [event.payload for event in await ear.next()] == ["1"]

    async def test_the_urgent_are_heard_first_each_in_their_order(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        for n, priority in ((1, False), (2, True), (3, False), (4, True)):
            await broker.deliver("bob", waiting(n, priority))
        await broker.join("bob")
        await broker.flush("bob", 0)
        assert [event.payload for event in await ear.next(4)] == ["2", "4", "1", "3"]

    async def test_over_the_limit_the_oldest_goes_and_the_urgent_last(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.deliver("bob", waiting(1, priority=True))
        for n in range(2, 8):
            assert (await broker.deliver("bob", waiting(n))).waiting == min(n, 4)
        for n in (8, 9, 10):
            await broker.deliver("bob", waiting(n, priority=True))
        await broker.deliver("bob", waiting(11, priority=True))
        await broker.join("bob")
        await broker.flush("bob", 0)
        assert [event.payload for event in await ear.next(4)] == ["8", "9", "10", "11"]

    async def test_what_is_too_old_is_gone(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.deliver("bob", waiting(1, at_ms=1000))
        await broker.deliver("bob", waiting(2, at_ms=61_000))
        await broker.deliver("bob", waiting(3, at_ms=61_001))
        await broker.join("bob")
        assert await broker.flush("bob", 121_000) == Delivery(2, 0)
        assert [event.payload for event in await ear.next(2)] == ["2", "3"]

    async def test_users_wait_apart(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.deliver("bob", waiting(1))
        await broker.deliver("eve", waiting(2))
        await broker.join("eve")
        await broker.flush("eve", 0)
        assert [event.payload for event in await ear.next()] == ["2"]

    async def test_what_nobody_heard_after_all_waits_or_goes_to_who_is_back(
        self, open_broker: OpenBroker
    ) -> None:
        broker, ear = await open_broker()
        assert await broker.deliver("bob", waiting(1), again=True) == Delivery(0, 1)
        await broker.join("bob")
        assert await broker.deliver("bob", waiting(2), again=True) == Delivery(2, 0)
        assert [event.payload for event in await ear.next(2)] == ["1", "2"]

    async def test_many_who_deliver_at_once_get_dense_offsets(self, open_broker: OpenBroker) -> None:
        broker, ear = await open_broker()
        await broker.deliver("bob", waiting(0))
        await broker.join("bob")
        await asyncio.gather(*(broker.deliver("bob", waiting(n)) for n in range(1, 15)))
        heard = await ear.next(15)
        assert [event.position.offset for event in heard] == list(range(1, 16))
        assert {event.payload for event in heard} == {str(n) for n in range(15)}
        assert heard[0].payload == "0"
