import pytest

from syncbed.wire.faults import actions
from syncbed.wire.faults.answer_lost import AnswerLost
from syncbed.wire.faults.base import Moment
from syncbed.wire.message import Message

REQUEST = Message("request", "up", "alice", method="POST", path="/api/orders")


@pytest.mark.parametrize("how", ["hang", "after_status_line", "cut"])
def test_answer_lost_says_in_which_way(how: str) -> None:
    assert AnswerLost(how).act(REQUEST, Moment()) == actions.LoseAnswer(how)  # type: ignore[arg-type]


def test_the_default_does_not_provoke_a_resend_by_chromium() -> None:
    assert AnswerLost().how == "after_status_line"
