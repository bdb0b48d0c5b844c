from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.slow_handshake import SlowHandshake
from syncbed.wire.message import Message

REQUEST = Message("handshake", "up", "alice")
ANSWER = Message("handshake", "down", "alice")


def test_slow_handshake_delays_the_request_and_not_the_answer_too() -> None:
    fault = SlowHandshake(800)
    assert fault.concerns(REQUEST)
    assert not fault.concerns(ANSWER)
    assert fault.act(REQUEST, Moment(now_ms=50)) == actions.Deliver(after_ms=800)


def test_slow_handshake_at_the_answer_lets_the_server_open_first() -> None:
    fault = SlowHandshake(800, at="answer")
    assert fault.concerns(ANSWER)
    assert not fault.concerns(REQUEST)
