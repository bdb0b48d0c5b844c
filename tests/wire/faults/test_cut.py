from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.cut import Cut
from syncbed.wire.message import Message

FRAME = Message("frame", "up", "alice", payload="x")


def test_cut_ends_the_connection_before_the_message_unless_told_otherwise() -> None:
    assert Cut().act(FRAME, Moment()) == actions.Cut(side="both", deliver_first=False)


def test_cut_after_lets_the_message_through_first() -> None:
    assert Cut(when="after").act(FRAME, Moment()) == actions.Cut(side="both", deliver_first=True)


def test_cut_of_one_side_says_which() -> None:
    assert Cut(side="browser").act(FRAME, Moment()) == actions.Cut(side="browser")


def test_cut_strikes_a_living_connection_at_once() -> None:
    assert Cut(when="after", side="upstream").strike() == actions.Cut(side="upstream", deliver_first=False)
