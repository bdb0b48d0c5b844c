"""One channel: joining, live, behind; gaps, duplicates, epochs."""

from __future__ import annotations

import pytest

from server.core.channel import Channel, State
from server.core.events import NOWHERE, Event, Position, connection_channel
from tests.clients import event


def live_channel(offset: int = 5, waiting_max: int = 100) -> Channel:
    channel = Channel("orders", waiting_max)
    assert channel.joined(Position("e1", offset)) == []
    assert channel.state == "live"
    return channel


def offsets(events: list[Event]) -> list[int]:
    return [event.position.offset for event in events]


def test_a_live_channel_hands_out_each_next_event_at_once() -> None:
    channel = live_channel(5)
    assert offsets(channel.receive(event(6))) == [6]
    assert offsets(channel.receive(event(7))) == [7]
    assert channel.position == Position("e1", 7)


def test_an_event_that_was_seen_is_not_handed_out_again() -> None:
    channel = live_channel(5)
    assert channel.receive(event(5)) == []
    assert channel.receive(event(1)) == []
    assert channel.state == "live"


def test_what_comes_while_joining_waits_and_only_what_follows_the_position_is_handed_out() -> None:
    channel = Channel("orders", 100)
    for offset in (4, 5, 6, 7):
        assert channel.receive(event(offset)) == []
    assert offsets(channel.joined(Position("e1", 5))) == [6, 7]
    assert channel.state == "live"


def test_a_gap_puts_the_channel_behind_and_holds_everything_back() -> None:
    channel = live_channel(5)
    assert channel.receive(event(7)) == []
    assert channel.state == "behind"
    assert channel.receive(event(8)) == []
    assert channel.go_live(Position("e1", 6)) != []
    assert (channel.state, channel.position.offset) == ("live", 8)


def test_an_event_of_another_epoch_puts_the_channel_behind() -> None:
    channel = live_channel(5)
    assert channel.receive(event(6, "e2")) == []
    assert channel.state == "behind"


def test_what_waited_and_was_in_the_log_too_is_handed_out_once() -> None:
    channel = live_channel(5)
    channel.receive(event(7))
    assert channel.go_live(Position("e1", 7)) == []
    assert channel.state == "live"


def test_a_gap_among_what_waited_sends_us_to_the_log_again() -> None:
    channel = live_channel(5)
    for offset in (7, 9, 10):
        channel.receive(event(offset))
    assert offsets(channel.go_live(Position("e1", 6))) == [7]
    assert channel.state == "behind"


def test_an_event_that_never_fits_makes_us_look_once_and_not_for_ever() -> None:
    channel = live_channel(5)
    channel.miss()
    channel.receive(event(99, "of an epoch long gone"))
    channel.go_live(Position("e1", 5))
    states = [channel.state]
    channel.go_live(Position("e1", 5))
    assert [*states, channel.state] == ["behind", "live"]


def test_more_than_may_wait_is_in_the_log_so_we_look_there_again() -> None:
    channel = live_channel(5, waiting_max=2)
    channel.miss()
    for offset in (6, 7, 8, 9):
        channel.receive(event(offset))
    assert offsets(channel.go_live(Position("e1", 5))) == [6, 7]
    assert channel.state == "behind"


def test_after_a_lost_broker_nothing_is_handed_out_before_the_log_was_read() -> None:
    channel = live_channel(5)
    channel.lost_broker()
    assert channel.receive(event(8)) == []
    assert channel.joined(Position("e1", 8)) == []
    assert (channel.state, channel.position.offset) == ("behind", 5)
    assert offsets(channel.go_live(Position("e1", 7))) == [8]


def test_joining_twice_changes_nothing() -> None:
    channel = live_channel(5)
    assert channel.joined(Position("e1", 9)) == []
    assert channel.position.offset == 5


def test_only_a_live_channel_can_miss_something() -> None:
    channel = Channel("orders", 10)
    channel.miss()
    assert channel.state == "joining"


def test_a_channel_is_behind_a_later_offset_and_behind_any_other_epoch() -> None:
    channel = live_channel(5)
    assert not channel.is_behind(Position("e1", 5))
    assert not channel.is_behind(Position("e1", 4))
    assert channel.is_behind(Position("e1", 6))
    assert channel.is_behind(Position("e2", 0))


@pytest.mark.parametrize("state", ["joining", "live", "behind"])
def test_a_signal_is_handed_out_at_once_and_moves_nothing(state: State) -> None:
    channel = Channel(connection_channel("c1"), 10)
    channel.state = state
    signal = Event(channel.name, "asked", "1", NOWHERE)
    assert channel.receive(signal) == [signal]
    assert (channel.state, channel.position) == (state, NOWHERE)
