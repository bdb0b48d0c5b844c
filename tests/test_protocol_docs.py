"""docs/protocol.md says what the tables of the code say, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.core.connection import SLOW_CONSUMER
from server.dialects import rooms, state
from server.endpoints import metrics
from server.endpoints.vitals import EXPIRED, SILENT
from server.guard.admission import FULL, GOING_AWAY, REPLACED, USER_FULL
from tests.vectors import load

TEXT = (Path(__file__).parents[1] / "docs" / "protocol.md").read_text("utf-8")


def section(heading: str) -> str:
    found = re.search(rf"^## `{heading}`.*?(?=^## )", TEXT, re.M | re.S)
    assert found, heading
    return found[0]


def sent_by_clients(heading: str) -> set[str]:
    return set(re.findall(r"^\| C→S \| `(\w+)`", section(heading), re.M))


def first_cells(heading: str, table: str) -> set[str]:
    """The first cells of the table whose first heading is `table`."""
    rows = section(heading).split(f"\n| `{table}` |", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", rows, re.M))


def test_the_types_of_rooms_are_those_of_the_code() -> None:
    assert sent_by_clients("rooms") == set(rooms.TYPES)


def test_the_errors_of_rooms_are_those_of_the_code() -> None:
    assert first_cells("rooms", "error") == set(rooms.ERROR_TEXTS.values())


def test_the_types_of_state_are_those_of_the_code() -> None:
    assert sent_by_clients("state") == set(state.TYPES)


def test_the_error_codes_of_state_are_those_of_the_code() -> None:
    assert first_cells("state", "code") == {*state.ERROR_CODES.values(), state.OTHER_ERRORS}


@pytest.mark.parametrize("dialect", ["rooms", "state"])
def test_every_type_that_a_server_sends_in_the_vectors_is_named(dialect: str) -> None:
    steps = [step for vector in load(dialect, "conversations") for step in vector["steps"]]
    sent = {step["receive"]["type"] for step in steps if "receive" in step}
    assert len(sent) >= 6
    assert {type_ for type_ in sent if f"`{type_}`" not in section(dialect)} == set()


def test_every_close_code_of_the_server_is_named() -> None:
    codes = {
        str(close.code) for close in (FULL, GOING_AWAY, USER_FULL, REPLACED, SILENT, EXPIRED, SLOW_CONSUMER)
    }
    assert {code for code in codes if not re.search(rf"\b{code}\b", TEXT)} == set()


def test_the_metrics_are_those_of_the_code() -> None:
    assert set(re.findall(r"`(websocket_\w+)`", TEXT)) == set(metrics.NAMES)
