from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.reorder import Reorder
from syncbed.wire.message import Message


def test_reorder_waits_so_long_for_the_next_frame() -> None:
    frame = Message("frame", "down", "alice", payload="x")
    assert Reorder(wait_ms=50, tcp_impossible=True).act(frame, Moment()) == actions.Swap(50)
