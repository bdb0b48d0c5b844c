from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.drop import Drop
from syncbed.wire.message import Message


def test_drop_loses_this_frame() -> None:
    frame = Message("frame", "down", "alice", payload="x")
    assert Drop(tcp_impossible=True).act(frame, Moment()) == actions.Drop()
