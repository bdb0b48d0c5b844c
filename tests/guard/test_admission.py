from __future__ import annotations

from server.core.connection import Connection
from server.core.hub import Hub, HubLimits
from server.errors import AT_CAPACITY, SHUTTING_DOWN, TOO_MANY_CONNECTIONS
from server.guard import admission
from server.guard.admission import FULL, GOING_AWAY, REPLACED, USER_FULL, Admission
from tests.clients import ROOMY, open_connection


def hub() -> Hub:
    return Hub(HubLimits(10, 10))


def of(user: str | None) -> Connection:
    connection = open_connection()
    connection.user = user
    return connection


def test_zero_is_no_limit() -> None:
    free = Admission(hub(), 0, 0)
    assert [free.admit(of("alice")) for _ in range(100)] == [None] * 100


def test_who_leaves_makes_room_for_another() -> None:
    here = hub()
    one = Admission(here, 1)
    first = of(None)
    assert one.admit(first) is None
    assert one.admit(of(None)) == (AT_CAPACITY, FULL)
    one.leave(first)
    here.remove(first)
    assert one.admit(of(None)) is None


def test_a_user_who_is_full_keeps_what_there_is() -> None:
    two = Admission(hub(), 0, 2)
    mine = [of("alice") for _ in range(3)]
    assert [two.admit(each) for each in mine] == [None, None, (TOO_MANY_CONNECTIONS, USER_FULL)]
    two.leave(mine[2])
    assert two.users == {"alice": mine[:2]}
    assert two.admit(of("bob")) is None


def test_the_oldest_is_closed_even_if_its_handshake_is_under_way() -> None:
    one = Admission(hub(), 0, 1, "close_oldest")
    shaking = Connection("early", open_connection().encoder, ROOMY, lambda connection: None)
    shaking.user = "alice"
    newer, newest = of("alice"), of("alice")
    assert [one.admit(each) for each in (shaking, newer, newest)] == [None, None, None]
    assert newer.closing == REPLACED
    assert one.reconsider(shaking) == (TOO_MANY_CONNECTIONS, REPLACED)
    assert one.reconsider(newest) is None


def test_once_the_end_has_begun_nobody_comes_in() -> None:
    ending = Admission(hub(), 0)
    early = of(None)
    assert ending.admit(early) is None
    ending.draining = True
    assert ending.admit(of(None)) == ending.reconsider(early) == (SHUTTING_DOWN, GOING_AWAY)


def test_who_was_here_is_remembered_up_to_a_limit() -> None:
    one = Admission(hub(), 0)
    for n in range(admission.LEFT_REMEMBERED_MAX + 1):
        connection = of(f"user-{n}")
        one.admit(connection)
        one.leave(connection)
    assert (one.was_here("user-0"), one.was_here("user-1"), one.was_here("nobody")) == (False, True, False)
