"""The vectors that the diagram's own order.js runs too: both claim the same, and neither more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncbed.trace.order import Order
from syncbed.trace.record import from_json

FILE = Path(__file__).parents[1] / "vectors" / "order.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
SIGNS = {True: "<", False: ">", None: "?"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_was_before_what(vector: dict[str, Any]) -> None:
    records = [from_json(raw) for raw in vector["records"]]
    order = Order(records)
    claimed = ["".join("=" if a.i == b.i else SIGNS[order.before(a, b)] for b in records) for a in records]
    assert claimed == vector["before"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_no_because_contradicts_the_order(vector: dict[str, Any]) -> None:
    """Save where the log was read late: a commit is recorded after the events that tell of it."""
    records = [from_json(raw) for raw in vector["records"]]
    order = Order(records)
    for cause, effect in vector["because"]:
        if records[cause].what.kind != "commit":
            assert order.before(records[effect], records[cause]) is not True
