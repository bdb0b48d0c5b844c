from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.throttle import Throttle
from syncbed.wire.message import Message

KILOBYTE = Message("frame", "up", "alice", payload="x" * 1000)


def test_a_message_leaves_when_its_last_byte_would_have() -> None:
    assert Throttle(2000).act(KILOBYTE, Moment(now_ms=100)) == actions.Deliver(after_ms=500)


def test_a_message_begins_when_the_one_before_it_has_left() -> None:
    action = Throttle(2000).act(KILOBYTE, Moment(now_ms=100, free_at_ms=400))
    assert action == actions.Deliver(after_ms=800)


def test_text_weighs_what_it_is_in_utf8() -> None:
    message = Message("frame", "up", "alice", payload="ä" * 500)
    assert Throttle(1000).act(message, Moment()) == actions.Deliver(after_ms=1000)
