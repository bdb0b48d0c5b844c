from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.http_status import HttpStatus
from syncbed.wire.message import Message


def test_the_answer_is_given_as_it_was_written() -> None:
    fault = HttpStatus(429, {"Retry-After": "1"}, "slow down")
    request = Message("request", "up", "alice", method="GET")
    assert fault.act(request, Moment()) == actions.Answer(429, (("Retry-After", "1"),), "slow down")


def test_unless_told_otherwise_the_server_never_sees_the_request() -> None:
    assert HttpStatus.default_stages == ("request",)
