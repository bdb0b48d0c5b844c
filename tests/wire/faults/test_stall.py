from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.stall import Stall
from syncbed.wire.message import Message


def test_stall_stops_reading_until_the_rule_goes() -> None:
    assert Stall().act(Message("frame", "down", "alice", payload="x"), Moment()) == actions.StopReading()


def test_stall_acts_on_a_request_by_its_head_since_it_must_not_read_the_body_first() -> None:
    assert not Stall.wants_body
    assert Stall(for_ms=20).strike() == actions.StopReading(for_ms=20)
