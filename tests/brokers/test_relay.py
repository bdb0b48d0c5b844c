"""Whatever happens to the broker, in whatever order: nobody hears a gap, or anything twice, unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.brokers.base import BrokerUnavailableError
from server.brokers.relay import Relay, RelayLimits
from server.core.connection import Connection
from server.core.events import Position
from server.core.hub import Hub, HubLimits
from server.core.messages import NOW, Start
from tests.brokers.lossy_broker import LossyBroker, StillLoop
from tests.clients import heard, offsets_heard, open_connection, plain_connection

CHECK_S = 5.0
CHANNELS = ("orders", "contacts")
ENOUGH_TURNS = 400


class Reader:
    """A client that believes only what it is told, and objects when that cannot be true."""

    def __init__(self, connection: Connection, follows: bool) -> None:
        self.connection = connection
        self.follows = follows
        self.asked: dict[str, Start] = {}
        """The start that was asked for last and is not answered yet, by channel."""
        self.at: dict[str, Position] = {}
        self.last_seen: dict[str, int] = {}
        self.known: dict[str, list[Position]] = {}

    @property
    def channels(self) -> set[str]:
        return self.connection.channels

    def read(self) -> None:
        for frame in heard(self.connection):
            channel = frame["channel"]
            assert channel in self.channels, f"heard of {channel} after unsubscribing: {frame}"
            match frame.get("type", "event"):
                case "event":
                    self._event(channel, frame)
                case "subscribed":
                    self._subscribed(channel, frame)
                case "position":
                    here = self.at[channel]
                    assert here == Position(frame["epoch"], frame["offset"])

    def _event(self, channel: str, frame: dict[str, Any]) -> None:
        number = frame["payload"]
        if self.follows:
            position = Position(frame["epoch"], frame["offset"])
            here = self.at[channel]
            assert position == Position(here.epoch, here.offset + 1), f"{position} after {here}"
            self.at[channel] = position
            self.known.setdefault(channel, []).append(position)
        else:
            assert number > self.last_seen.get(channel, 0), "the same event twice, or out of order"
        self.last_seen[channel] = number

    def _subscribed(self, channel: str, frame: dict[str, Any]) -> None:
        told = Position(frame["epoch"], frame["offset"])
        if frame["recovered"]:
            assert self.asked[channel] in (NOW, told)
        self.asked.pop(channel, None)
        self.at[channel] = told
        self.known.setdefault(channel, []).append(told)


class RelayMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = StillLoop()
        self.broker = LossyBroker()
        self.hub = Hub(HubLimits(10, 6))
        self.relay = Relay(self.hub, self.broker, RelayLimits(int(CHECK_S * 1000), 4, 1000))
        self.readers: list[Reader] = []
        self.published = 0

    @initialize()
    def open(self) -> None:
        self.loop.run_until_complete(self.relay.open())

    # clients

    @precondition(lambda self: len(self.readers) < 4)
    @rule(follows=st.booleans())
    def connect(self, follows: bool) -> None:
        connection = open_connection() if follows else plain_connection()
        self.hub.add(connection)
        self.readers.append(Reader(connection, follows))

    @precondition(lambda self: self.readers)
    @rule(pick=st.randoms(use_true_random=False), channel=st.sampled_from(CHANNELS), turns=st.integers(0, 12))
    def subscribe(self, pick: Any, channel: str, turns: int) -> None:
        reader = pick.choice(self.readers)
        start: Start | None = None
        if reader.follows:
            everybodys = [p for r in self.readers for p in r.known.get(channel, [])]
            snapshot = self.loop.run_until_complete(self.broker.look(channel))
            start = pick.choice([NOW, snapshot, Position("e1", pick.randint(0, 9)), *everybodys[-3:]])

        def ask() -> None:
            reader.read()
            self.relay.subscribe(reader.connection, channel, start)
            if start is not None:
                reader.asked[channel] = start

        self.within(ask)
        self.start(lambda: self.relay.settle([channel]))
        self.loop.turn(turns)

    @precondition(lambda self: self.readers)
    @rule(pick=st.randoms(use_true_random=False), channel=st.sampled_from(CHANNELS))
    def unsubscribe(self, pick: Any, channel: str) -> None:
        reader = pick.choice(self.readers)

        def unsubscribe() -> None:
            reader.read()
            self.relay.unsubscribe(reader.connection, channel)
            reader.asked.pop(channel, None)
            reader.at.pop(channel, None)

        self.within(unsubscribe)

    @precondition(lambda self: self.readers)
    @rule(pick=st.randoms(use_true_random=False))
    def vanish(self, pick: Any) -> None:
        reader = pick.choice(self.readers)
        reader.read()
        self.readers.remove(reader)
        self.within(lambda: self.relay.forget(reader.connection))

    # events and faults

    @rule(channel=st.sampled_from(CHANNELS), times=st.integers(1, 9), turns=st.integers(0, 12))
    def publish(self, channel: str, times: int, turns: int) -> None:
        for _ in range(times):
            self.published += 1
            self.loop.run_until_complete(self.broker.publish(channel, "noted", json.dumps(self.published)))
        self.loop.turn(turns)

    @rule(deaf=st.booleans())
    def messages_get_lost(self, deaf: bool) -> None:
        self.broker.deaf = deaf

    @rule(turns=st.integers(0, 12))
    def broker_goes(self, turns: int) -> None:
        self.within(self.broker.lose_connection)
        self.loop.turn(turns)

    @rule(turns=st.integers(0, 12))
    def broker_comes_back(self, turns: int) -> None:
        self.within(self.broker.connect)
        self.loop.turn(turns)

    @rule(turns=st.integers(0, 12))
    def broker_blinks(self, turns: int) -> None:
        self.within(self.broker.blink)
        self.loop.turn(turns)

    @rule(connection_too=st.booleans())
    def data_is_lost(self, connection_too: bool) -> None:
        self.broker.lose_data()
        if connection_too:
            self.broker_blinks(0)

    @rule(turns=st.integers(1, 30))
    def time_passes(self, turns: int) -> None:
        self.loop.now_s += CHECK_S + 0.1
        self.loop.turn(turns)

    # what must hold

    @invariant()
    def what_is_heard_can_be_true(self) -> None:
        for reader in self.readers:
            reader.read()

    @invariant()
    def membership_is_what_was_asked_for(self) -> None:
        wanted = {name: {r.connection for r in self.readers if name in r.channels} for name in CHANNELS}
        assert set(self.hub.channels) == {name for name, connections in wanted.items() if connections}
        for name, channel in self.hub.channels.items():
            assert {*channel.live, *channel.held} == wanted[name]
            assert not {*channel.live} & {*channel.held}

    def teardown(self) -> None:
        try:
            self.everything_heals()
        finally:
            self.loop.stop_for_good()

    def everything_heals(self) -> None:
        self.broker.deaf = False
        self.within(self.broker.connect)
        for _ in range(2):  # the second look sees what the first one was too early for
            self.loop.now_s += CHECK_S + 0.1
            self.loop.turn(ENOUGH_TURNS)
        for name in list(self.hub.channels):
            self.publish(name, 1, 0)
        self.loop.turn(ENOUGH_TURNS)
        self.membership_is_what_was_asked_for()
        for reader in self.readers:
            reader.read()
            for name in reader.channels:
                channel = self.hub.channels[name]
                assert channel.state == "live"
                assert not channel.held, "a subscription was never answered"
                assert reader.last_seen[name] >= self.published - 1, "missed the last event"
                if reader.follows:
                    here = self.loop.run_until_complete(self.broker.look(name))
                    assert reader.at[name] == here

    # private

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def quietly() -> None:
            try:
                await work()
            except BrokerUnavailableError:
                return  # the subscription stands

        self.loop.create_task(quietly())

    def within(self, act: Callable[[], None]) -> None:
        async def acting() -> None:
            act()

        self.loop.run_until_complete(acting())


TestRelay = RelayMachine.TestCase
TestRelay.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


class Stage:
    """The relay of a test that has a certain race in mind."""

    def __init__(self, loop: StillLoop, **limits: int) -> None:
        self.loop = loop
        self.broker = LossyBroker()
        self.hub = Hub(HubLimits(10, 100))
        asked = {"position_check_ms": 5000, "resume_events_max": 5, "resume_bytes_max": 1000} | limits
        self.relay = Relay(self.hub, self.broker, RelayLimits(**asked))
        loop.run_until_complete(self.relay.open())

    def subscribe(self, connection: Connection, start: Start | None = NOW, turns: int = ENOUGH_TURNS) -> None:
        async def subscribe() -> None:
            self.relay.subscribe(connection, "orders", start)
            await self.relay.settle(["orders"])

        self.loop.create_task(subscribe())
        self.loop.turn(turns)

    def publish(self, *payloads: str) -> None:
        for payload in payloads:
            self.loop.run_until_complete(self.broker.publish("orders", "noted", payload))


@pytest.fixture
def loop() -> Iterator[StillLoop]:
    loop = StillLoop()
    yield loop
    loop.stop_for_good()


@pytest.mark.parametrize("turns", range(1, 40))
def test_a_connection_that_blinks_while_a_channel_is_joined_leaves_nobody_deaf(
    loop: StillLoop, turns: int
) -> None:
    stage, client = Stage(loop), open_connection()
    stage.subscribe(client, turns=turns)
    loop.call_soon(stage.broker.blink)
    loop.turn(ENOUGH_TURNS)
    heard(client)
    stage.publish("1")
    assert offsets_heard(client) == [1]


@pytest.mark.parametrize("turns", range(30))
def test_a_connection_that_blinks_while_a_lost_log_is_asked_for_leaves_nobody_deaf(
    loop: StillLoop, turns: int
) -> None:
    stage, client = Stage(loop), open_connection()
    stage.subscribe(client)
    stage.broker.lose_data()
    stage.publish("1")  # of another epoch: the channel is behind now
    loop.turn(turns)
    loop.call_soon(stage.broker.blink)
    loop.turn(ENOUGH_TURNS)
    heard(client)
    stage.publish("2")
    assert offsets_heard(client) == [2]


def test_a_client_that_knows_more_than_its_server_hears_nothing_twice(loop: StillLoop) -> None:
    stage, first, client = Stage(loop), open_connection(), open_connection()
    stage.subscribe(first)
    stage.broker.deaf = True
    stage.publish("1", "2")  # committed elsewhere, and not heard here yet
    stage.broker.deaf = False
    stage.subscribe(client, Position("e1", 2))
    stage.publish("3")
    loop.turn(ENOUGH_TURNS)
    assert offsets_heard(client) == [3]
    assert offsets_heard(first) == [1, 2, 3]


def test_of_a_new_epoch_everybody_hears_every_event_and_who_follows_is_told(loop: StillLoop) -> None:
    stage, plain, client = Stage(loop), plain_connection(), open_connection()
    stage.subscribe(client)
    stage.subscribe(plain, None)
    stage.publish("1", "2")
    heard(plain), heard(client)
    loop.call_soon(stage.broker.lose_connection)
    loop.turn(1)
    stage.broker.lose_data()
    stage.publish("3", "4")
    loop.call_soon(stage.broker.connect)
    loop.turn(ENOUGH_TURNS)
    assert [frame["payload"] for frame in heard(plain)] == [3, 4]
    answer, *events = heard(client)
    assert (answer["epoch"], answer["offset"], answer["recovered"]) == ("e2", 0, False)
    assert [frame["offset"] for frame in events] == [1, 2]


@pytest.mark.parametrize("turns", range(20))
def test_what_happens_while_a_resume_is_under_way_comes_once_and_last(loop: StillLoop, turns: int) -> None:
    stage, client = Stage(loop), open_connection()
    stage.subscribe(plain_connection(), None)
    stage.publish("1", "2")
    stage.subscribe(client, Position("e1", 0), turns=turns)
    stage.publish("3")
    loop.turn(ENOUGH_TURNS)
    assert offsets_heard(client) == [1, 2, 3]


@pytest.mark.parametrize("turns", range(20))
def test_of_two_resumes_in_a_row_the_last_one_counts(loop: StillLoop, turns: int) -> None:
    stage, client = Stage(loop), open_connection()
    stage.publish("1", "2", "3")
    stage.subscribe(client, Position("e1", 2), turns=turns)
    heard(client)
    stage.subscribe(client, Position("e1", 1))
    frames = heard(client)
    last_answer = max(n for n, frame in enumerate(frames) if frame.get("type") == "subscribed")
    assert frames[last_answer]["offset"] == 1
    assert [frame["offset"] for frame in frames[last_answer + 1 :]] == [2, 3]


def test_a_quiet_channel_learns_of_a_lost_message_by_the_regular_check(loop: StillLoop) -> None:
    stage, client = Stage(loop), open_connection()
    stage.subscribe(client)
    stage.broker.deaf = True
    stage.publish("1")
    stage.broker.deaf = False
    loop.turn(ENOUGH_TURNS)
    assert offsets_heard(client) == []
    loop.now_s += CHECK_S + 0.1
    loop.turn(ENOUGH_TURNS)
    frames = heard(client)
    assert [frame["offset"] for frame in frames] == [1, 1]
    assert frames[1]["type"] == "position"


@pytest.mark.parametrize(("missed", "recovered"), [(5, True), (6, False)])
def test_a_client_that_missed_too_many_events_reads_anew(
    loop: StillLoop, missed: int, recovered: bool
) -> None:
    stage, client = Stage(loop), open_connection()
    stage.publish(*map(str, range(missed)))
    stage.subscribe(client, Position("e1", 0))
    assert heard(client)[0]["recovered"] is recovered


def test_a_client_that_missed_more_than_its_outbox_holds_reads_anew(loop: StillLoop) -> None:
    stage, client = Stage(loop, resume_bytes_max=30), open_connection()
    stage.publish(*['"0123456789"'] * 3)
    stage.subscribe(client, Position("e1", 0))
    assert [frame["recovered"] for frame in heard(client)] == [False]


def test_a_subscription_made_while_the_broker_is_away_comes_to_life_with_it(loop: StillLoop) -> None:
    stage, client = Stage(loop), open_connection()
    loop.call_soon(stage.broker.lose_connection)
    loop.turn(1)
    stage.relay.subscribe(client, "orders", NOW)
    with pytest.raises(BrokerUnavailableError):
        loop.run_until_complete(stage.relay.settle(["orders"]))
    assert stage.relay.broker_down == "lost on purpose"
    loop.call_soon(stage.broker.connect)
    loop.turn(ENOUGH_TURNS)
    assert stage.relay.broker_down is None
    assert heard(client)[0]["recovered"] is True


def test_the_broker_delivers_only_what_somebody_hears(loop: StillLoop) -> None:
    stage, client = Stage(loop), open_connection()
    stage.subscribe(client)
    assert stage.broker.joined == {"orders"}

    async def leave() -> None:
        stage.relay.forget(client)

    loop.run_until_complete(leave())
    loop.turn(ENOUGH_TURNS)
    assert stage.broker.joined == set()


def test_the_loop_of_these_tests_stands_still() -> None:
    loop = StillLoop()
    try:
        woken: list[str] = []
        loop.call_later(1, woken.append, "a")
        loop.turn(50)
        assert woken == []
        loop.now_s += 1.1
        loop.turn(1)
        assert woken == ["a"]
    finally:
        loop.close()
