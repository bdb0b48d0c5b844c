"""What a page reports, as records of the trace."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.drivers.reports import REPORT_CHARACTERS_MAX, ReportError, kind_of, read_report
from syncbed.trace import Connection, Event, Fail, Info, Invoke, Kind, Note, Ok, State, Subscribed, View

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
            {"kind": "network", "says": "online"},
            Note("the browser tells bob/1 that it is online", {"tab": "bob/1", "says": "online"}),
        ),
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


def test_what_a_pages_own_user_did_is_an_op_on_what_the_tab_shows() -> None:
    report = {"kind": "acted", "op": "mine", "act": "put", "key": "latte", "value": {"title": "latte #mine"}}
    value = {"title": "latte #mine"}
    assert kind_of("bob/1", report, "orders") == Invoke(
        "mine", "bob/1", "put", "latte", value, "mine", "orders"
    )
    published = {**report, "act": "publish", "key": "news"}
    assert kind_of("bob/1", published, "orders") == Invoke(
        "mine", "bob/1", "publish", "news", value, "mine", ""
    )


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"kind": "acted", "op": "mine", "act": "dance"}, "'dance' is no act"),
        ({"kind": "acted", "act": "put"}, "op is no text"),
        ({"kind": "view", "items": {}, "pending": []}, "items is no list"),
        ({"kind": "state", "state": 3}, "state is no text"),
        ({"kind": "event", "channel": "orders"}, "name is no text"),
        ({"kind": "ok"}, "op is no text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_such_report_is_refused(report: dict[str, Any], why: str) -> None:
    with pytest.raises(ReportError, match=why):
        kind_of("bob/1", report)


ENVELOPE = {"kind": "view", "life": 1, "n": 1, "at_ms": 0.5}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        (7, "no JSON object"),
        ("x" * (REPORT_CHARACTERS_MAX + 1), "longer than"),
        ({**ENVELOPE, "kind": None}, "kind is no text"),
        ({**ENVELOPE, "life": 2}, "life 2 is none of its documents"),
        ({**ENVELOPE, "life": 0}, "life 0 is none of its documents"),
        ({**ENVELOPE, "life": True}, "life is no number"),
        ({**ENVELOPE, "n": 0}, "n counts from 1"),
        ({**ENVELOPE, "at_ms": "now"}, "at_ms is no number"),
        ({**ENVELOPE, "op": {}}, "op is no text"),
    ],
    ids=["text", "list", "number", "long", "kind", "later", "before", "true", "n", "at_ms", "op"],
)
def test_a_page_cannot_report_what_is_no_report(told: object, why: str) -> None:
    with pytest.raises(ReportError, match=why):
        read_report(told, lives_max=1)


def test_ids_of_an_sdk_may_be_of_any_kind() -> None:
    payload = {"entity_id": 7, "version": "v2", "mutation_id": "m", "client_id": 1}
    report = {"kind": "event", "channel": "c", "name": "made", "payload": payload, "epoch": 3, "offset": "x"}
    assert kind_of("bob/1", report) == Event("bob/1", "c", "made", epoch="3", entity_id="7", client_id="1")
