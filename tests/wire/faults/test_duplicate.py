from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.duplicate import Duplicate
from syncbed.wire.message import Message


def test_duplicate_delivers_this_frame_again() -> None:
    frame = Message("frame", "down", "alice", payload="x")
    assert Duplicate(copies=3, tcp_impossible=True).act(frame, Moment()) == actions.Copy(3)
