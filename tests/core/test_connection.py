"""Every state of a connection, met with every step."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from server.core.connection import (
    SLOW_CONSUMER,
    TRANSITIONS,
    Close,
    Connection,
    LocalProtocolError,
    State,
    Step,
)
from server.core.events import Position
from server.core.frame import text_frame
from server.core.messages import Pong, PositionNow
from server.core.outbox import OutboxLimits
from server.dialects.broadcast import PLAIN
from tests.clients import ROOMY, heard, open_connection, plain_connection

PATHS: dict[State, list[Step]] = {
    "handshaking": [],
    "open": ["accept"],
    "closing": ["accept", "close"],
    "closed": ["accept", "lose"],
}
ALLOWED = {
    ("handshaking", "accept"): "open",
    ("handshaking", "lose"): "closed",
    ("open", "close"): "closing",
    ("open", "lose"): "closed",
    ("closing", "close"): "closing",
    ("closing", "lose"): "closed",
}


def connection_in(state: State, wakes: list[Connection] | None = None) -> Connection:
    wake = (lambda connection: None) if wakes is None else wakes.append
    connection = Connection("c", PLAIN, ROOMY, wake)
    for step in PATHS[state]:
        connection.step(step)
    assert connection.state == state
    return connection


@pytest.mark.parametrize(("state", "step"), list(itertools.product(get_args(State), get_args(Step))))
def test_every_step_from_every_state_leads_on_or_is_our_bug(state: State, step: Step) -> None:
    connection = connection_in(state)
    if (state, step) in ALLOWED:
        connection.step(step)
        assert connection.state == ALLOWED[state, step]
    else:
        with pytest.raises(LocalProtocolError, match=f"cannot {step} a connection that is {state}"):
            connection.step(step)
        assert connection.state == state


def test_the_table_names_no_state_or_step_that_does_not_exist() -> None:
    assert {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values()) == set(get_args(State))
    assert {step for _, step in TRANSITIONS} == set(get_args(Step))


@pytest.mark.parametrize("state", ["handshaking", "closing", "closed"])
def test_only_an_open_connection_is_sent_anything(state: State) -> None:
    connection = connection_in(state)
    connection.send(Pong())
    assert not connection.outbox.frames


def test_the_writer_is_woken_once_for_all_that_waits() -> None:
    wakes: list[Connection] = []
    connection = connection_in("open", wakes)
    for _ in range(3):
        connection.send(Pong())
    assert wakes == [connection]
    assert len(heard(connection)) == 3
    connection.send(Pong())
    assert wakes == [connection, connection]


def test_of_two_reasons_to_close_the_first_stands() -> None:
    wakes: list[Connection] = []
    connection = connection_in("open", wakes)
    connection.close(Close(4000, "first"))
    connection.close(Close(4001, "second"))
    assert connection.closing == Close(4000, "first")
    assert wakes == [connection]


@pytest.mark.parametrize("state", ["handshaking", "closed"])
def test_what_is_not_open_cannot_be_closed_with_a_code(state: State) -> None:
    connection = connection_in(state)
    connection.close(Close(4000, "too early, or too late"))
    assert connection.closing is None
    assert connection.state == state


def test_a_full_outbox_closes_the_connection_as_a_slow_consumer() -> None:
    connection = open_connection(limits=OutboxLimits(2, 1000, "close"))
    for n in range(5):
        connection.put(text_frame(str(n)))
    assert connection.state == "closing"
    assert connection.closing == SLOW_CONSUMER


def test_what_a_dialect_has_no_word_for_is_not_sent() -> None:
    connection = plain_connection()
    connection.send(PositionNow("orders", Position("e1", 1)))
    assert heard(connection) == []


def test_what_is_put_into_a_corked_connection_is_written_after_the_cork() -> None:
    wakes: list[Connection] = []
    connection = connection_in("open", wakes)
    connection.cork()
    connection.send(Pong())
    connection.send(Pong())
    assert wakes == []
    connection.uncork()
    assert wakes == [connection]
    assert len(connection.outbox.drain()) == 2


def test_a_corked_connection_that_is_closed_says_what_it_has_to_say() -> None:
    wakes: list[Connection] = []
    connection = connection_in("open", wakes)
    connection.cork()
    connection.send(Pong())
    connection.close(Close(1000, ""))
    assert wakes == [connection]
