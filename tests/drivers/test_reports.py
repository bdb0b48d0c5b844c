"""What a page reports, as records of the trace."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.drivers.reports import kind_of
from syncbed.trace import Connection, Event, Fail, Info, Kind, Note, Ok, State, Subscribed, View

PAYLOAD = {
    "entity_id": "latte",
    "version": 2,
    "client_id": "c",
    "mutation_id": 7,
    "item": {"id": "latte", "title": "latte #o7"},
}


@pytest.mark.parametrize(
    ("report", "what"),
    [
        ({"kind": "view", "items": [{"id": 1}], "pending": ["1"]}, View("bob/1", ({"id": 1},), ("1",))),
        ({"kind": "state", "state": "connected", "reason": "opened"}, State("bob/1", "connected", "opened")),
        (
            {"kind": "subscribed", "channel": "orders", "epoch": "e", "offset": 3, "reason": "new"},
            Subscribed("bob/1", "orders", "e", 3, "new"),
        ),
        (
            {
                "kind": "event",
                "channel": "orders",
                "name": "updated",
                "payload": PAYLOAD,
                "epoch": "e",
                "offset": 4,
            },
            Event("bob/1", "orders", "updated", "e", 4, "o7", "latte", 2, "c", 7),
        ),
        (
            {"kind": "event", "channel": "orders", "name": "emit", "payload": {"title": "hello #o8"}},
            Event("bob/1", "orders", "emit", token="o8"),
        ),
        (
            {"kind": "event", "channel": "orders", "name": "odd", "payload": None},
            Event("bob/1", "orders", "odd"),
        ),
        (
            {"kind": "ok", "op": "o7", "result": {"version": 2, "client_id": "c", "mutation_id": 7}},
            Ok("o7", version=2, client_id="c", mutation_id=7),
        ),
        (
            {"kind": "socket", "path": "/ws", "opened": True, "code": 1006},
            Connection("closed", tab="bob/1", path="/ws", code=1006),
        ),
        (
            {"kind": "socket", "path": "/ws", "opened": False, "code": 1006},
            Connection("refused", tab="bob/1", path="/ws", code=1006),
        ),
        ({"kind": "ok", "op": "o9", "result": [{"id": 1}]}, Ok("o9", value=[{"id": 1}])),
        ({"kind": "fail", "op": "o7", "reason": "conflict"}, Fail("o7", "conflict")),
        ({"kind": "info", "op": "o7", "reason": "timeout"}, Info("o7", "timeout")),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_each_kind_is_read(report: dict[str, Any], what: Kind) -> None:
    assert kind_of("bob/1", report) == what


def test_a_report_that_nobody_knows_is_kept() -> None:
    assert kind_of("bob/1", {"kind": "odd", "n": 1}) == Note("bob/1 reported odd", {"kind": "odd", "n": 1})
