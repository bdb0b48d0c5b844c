import pytest

from syncbed.wire.faults import actions
from syncbed.wire.faults.answer_lost import AnswerLost
from syncbed.wire.faults.base import Moment
from syncbed.wire.message import Message

REQUEST = Message("request", "up", "alice", method="POST", path="/api/orders")


@pytest.mark.parametrize("how", ["hang", "cut", "after_status_line", "after_head"])
def test_answer_lost_says_in_which_way(how: str) -> None:
    assert AnswerLost(how).act(REQUEST, Moment()) == actions.LoseAnswer(how)  # type: ignore[arg-type]


def test_unless_told_otherwise_the_connection_is_cut_in_place_of_the_answer() -> None:
    assert AnswerLost().act(REQUEST, Moment()) == actions.LoseAnswer("cut")
