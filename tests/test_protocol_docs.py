"""docs/protocol.md says what the tables of the code say, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from server.dialects import rooms, state
from server.endpoints import metrics

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


def test_the_metrics_are_those_of_the_code() -> None:
    assert set(re.findall(r"`(websocket_\w+)`", TEXT)) == set(metrics.NAMES)
