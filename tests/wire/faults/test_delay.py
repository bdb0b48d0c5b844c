from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.delay import Delay
from syncbed.wire.message import Message

FRAME = Message("frame", "up", "alice", payload="x")


def test_delay_is_the_same_for_every_message_whatever_is_queued() -> None:
    assert Delay(200).act(FRAME, Moment(now_ms=1000, free_at_ms=5000)) == actions.Deliver(after_ms=200)


def test_jitter_is_the_share_of_it_that_chance_says() -> None:
    assert Delay(200, jitter_ms=100).act(FRAME, Moment(chance=0.0)) == actions.Deliver(after_ms=200)
    assert Delay(200, jitter_ms=100).act(FRAME, Moment(chance=0.5)) == actions.Deliver(after_ms=250)
