import pytest

from syncbed.wire import WireError
from syncbed.wire.faults import actions, fault_from_json
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.close import Close
from syncbed.wire.message import Message

FRAME = Message("frame", "down", "alice", payload="x")


def test_close_says_the_code_and_the_reason() -> None:
    assert Close(4001, "signed out").act(FRAME, Moment()) == actions.Close(4001, "signed out")


def test_close_without_a_code_is_a_service_restart() -> None:
    assert Close().strike() == actions.Close(1012, "")


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 1016, 2999])
def test_a_code_that_may_not_be_sent_is_refused(code: int) -> None:
    with pytest.raises(WireError, match="may not be sent") as refused:
        fault_from_json({"kind": "close", "code": code}, "/fault")
    assert refused.value.path == "/fault/code"


def test_a_reason_longer_than_a_control_frame_is_refused() -> None:
    with pytest.raises(WireError) as refused:
        fault_from_json({"kind": "close", "reason": "ä" * 62}, "/0/fault")
    assert refused.value.path == "/0/fault/reason"
