from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.half_open import HalfOpen
from syncbed.wire.message import Message


def test_half_open_silences_until_the_rule_goes_and_then_resumes() -> None:
    message = Message("frame", "up", "alice", payload="x")
    assert HalfOpen().act(message, Moment()) == actions.Silence(for_ms=None, then="resume")


def test_half_open_can_be_limited_in_time_and_end_in_a_cut() -> None:
    assert HalfOpen(for_ms=500, then="cut").strike() == actions.Silence(for_ms=500, then="cut")
