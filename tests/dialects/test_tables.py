"""What the tables of the dialects say is what goes over the wire: the vectors are held against them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from server.core.connection import Connection
from server.core.outbox import OutboxLimits
from server.dialects.base import DialectOptions
from server.dialects.registry import DIALECTS
from server.dialects.tables import Sends
from tests.vectors import load

TABLES: dict[str, Any] = {name: import_module(f"server.dialects.{name}") for name in DIALECTS}
TAKEN = [(name, row) for name, module in TABLES.items() for row in module.TYPES]
SENT = [(name, row) for name, module in TABLES.items() for row in module.FRAMES]
APPLICATIONS_OWN = {"user_response"}


def connection(encoder: Any) -> Connection:
    return Connection("c1", encoder, OutboxLimits(10, 10_000, "close"), lambda connection: None)


def frames(dialect: str, direction: str) -> Iterator[dict[str, Any]]:
    for vector in load(dialect, "conversations"):
        for step in vector["steps"]:
            if isinstance(step.get(direction), dict):
                yield step[direction]


def kind(frame: dict[str, Any]) -> Any:
    """`mq` has its type in a header."""
    return frame.get("header", frame).get("type")


def has_the_shape_of(frame: Any, example: Any) -> bool:
    """The same members, as deep as the example goes; `$names` of a vector stand for anything."""
    if isinstance(frame, str) and frame.startswith("$"):
        return True
    if not isinstance(example, dict) or example in ({}, {"any": "payload"}):
        return True
    if not isinstance(frame, dict) or frame.keys() != example.keys():
        return False
    if frame.get("type") != example.get("type"):
        return False
    return all(name in ("data", "state") or has_the_shape_of(frame[name], example[name]) for name in example)


@pytest.mark.parametrize(("dialect", "row"), TAKEN)
def test_an_example_of_what_a_client_sends_is_taken(dialect: str, row: str) -> None:
    made = DIALECTS[dialect](DialectOptions(200))
    assert made.decode(json.dumps(TABLES[dialect].TYPES[row].example), connection(made.encoder))


@pytest.mark.parametrize(("dialect", "row"), SENT)
def test_an_example_of_what_the_server_sends_is_sent_in_a_vector(dialect: str, row: str) -> None:
    example = TABLES[dialect].FRAMES[row].example
    assert any(has_the_shape_of(frame, example) for frame in frames(dialect, "receive"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_the_server_sends_in_a_vector_is_of_a_kind_that_the_table_knows(dialect: str) -> None:
    known = {kind(row.example) for row in TABLES[dialect].FRAMES.values()}
    sent = {kind(frame) for frame in frames(dialect, "receive")}
    assert sent
    assert sent - known - APPLICATIONS_OWN == set()


def test_a_frame_with_a_member_that_its_row_does_not_know_is_not_made() -> None:
    row = Sends({"type": "pong", "timestamp": 1})
    assert row.text(timestamp=2) == '{"type":"pong","timestamp":2}'
    with pytest.raises(LookupError, match="has no room"):
        row.text(room="chat")
