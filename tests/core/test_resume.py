"""The resume decision, and the log that it stands on, against the most naive model there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.channel_log import ChannelLog
from server.core.events import Event, Position
from server.core.resume import can_resume

EPOCHS = st.sampled_from(["e1", "e2"])
SMALL = st.integers(0, 12)


@given(asked=st.builds(Position, EPOCHS, SMALL), epoch=EPOCHS, first=st.integers(1, 12), kept=SMALL)
def test_a_client_may_resume_exactly_if_every_event_it_missed_is_here(
    asked: Position, epoch: str, first: int, kept: int
) -> None:
    here = [(epoch, offset) for offset in range(first, first + kept)]
    last = first + kept - 1
    ever = [(epoch, offset) for offset in range(1, last + 1)]
    was_here = asked.offset == 0 or (asked.epoch, asked.offset) in ever
    missed = [(asked.epoch, offset) for offset in range(asked.offset + 1, last + 1)]
    expected = asked.epoch == epoch and was_here and all(event in here for event in missed)
    assert can_resume(asked, epoch, first, last) == expected


@given(
    appended=st.integers(0, 20),
    events_max=st.integers(1, 8),
    after=st.integers(0, 25),
    limit=st.integers(1, 9),
)
def test_a_log_gives_all_that_follows_or_says_that_it_cannot(
    appended: int, events_max: int, after: int, limit: int
) -> None:
    log = ChannelLog("orders", "e1", events_max)
    everything = [log.append("created", str(n), commit=n % 2 == 0) for n in range(1, appended + 1)]
    kept = everything[-events_max:]
    assert log.position == Position("e1", appended)

    got = log.since(Position("e1", after), limit)
    missed = [event for event in everything if event.position.offset > after]
    if after <= appended and all(event in kept for event in missed):
        assert got == missed[:limit]
    else:
        assert got is None
    assert log.since(Position("e2", after), limit) is None


def test_offsets_are_dense_from_1_and_the_event_says_what_was_appended() -> None:
    log = ChannelLog("orders", "e1", 10)
    assert log.append("created", '{"a":1}', commit=True) == Event(
        "orders", "created", '{"a":1}', Position("e1", 1), commit=True
    )
    assert log.append("noted", "null", commit=False).position.offset == 2


def test_an_empty_log_is_resumed_from_its_start_alone() -> None:
    log = ChannelLog("orders", "e1", 10)
    assert log.since(Position("e1", 0), 10) == []
    assert log.since(Position("e1", 1), 10) is None
