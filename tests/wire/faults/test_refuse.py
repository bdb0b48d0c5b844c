from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.refuse import Refuse
from syncbed.wire.message import Message


def test_refuse_lets_no_connection_come_about() -> None:
    assert Refuse().act(Message("connect", "up", "alice"), Moment()) == actions.Refuse()


def test_refused_closes_the_listener_and_reset_does_not() -> None:
    assert Refuse().closes_listener
    assert not Refuse(how="reset").closes_listener
