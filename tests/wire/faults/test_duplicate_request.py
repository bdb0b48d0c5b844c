from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.duplicate_request import DuplicateRequest
from syncbed.wire.message import Message


def test_a_request_is_sent_once_more_and_the_page_gets_the_last_answer() -> None:
    request = Message("request", "up", "alice", method="POST")
    assert DuplicateRequest().act(request, Moment()) == actions.Resend(copies=1, answer="last")
