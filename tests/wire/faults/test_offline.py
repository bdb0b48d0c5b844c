from syncbed.wire.faults import actions
from syncbed.wire.faults.base import Moment
from syncbed.wire.faults.offline import Offline
from syncbed.wire.message import Message


def test_no_new_connection_comes_about() -> None:
    assert Offline().act(Message("connect", "up", "alice"), Moment()) == actions.Refuse()
    assert Offline().closes_listener


def test_what_still_gets_through_on_an_open_connection_is_cut() -> None:
    assert Offline().act(Message("request", "up", "alice"), Moment()) == actions.Cut()


def test_the_living_connections_are_cut_or_fall_silent() -> None:
    assert Offline.strikes_always
    assert Offline().strike() == actions.Cut()
    assert Offline(living="silent").strike() == actions.Silence()
