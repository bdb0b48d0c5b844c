"""A commit is told before the answer and the events that tell of it, wherever the bed has read it."""

from __future__ import annotations

import json
from typing import Any

from syncbed.trace import Commit, Event, Frame, Header, Kind, Ok, Record, TraceWriter, View, in_order

ITEM = {"id": "a", "version": 1, "title": "flat white #o1"}
COMMIT = Commit("orders", "e1", 2, "created", "a", 1, "c-1", 1, ITEM)
POST = "alice/1 POST /api/orders mutation 1 #1"


def post(did: Any, **more: Any) -> Frame:
    about = {"direction": "up", "layer": "http", "stage": "request", "method": "POST", "mutation": "1"}
    return Frame(f"{POST} up", did, "alice/1", **{**about, **more})


def answer(did: Any, **more: Any) -> Frame:
    about = {"direction": "down", "layer": "http", "stage": "response", "method": "POST", "status": 201}
    return Frame(f"{POST} down", did, "alice/1", mutation="1", **{**about, **more})


def event(epoch: str = "e1") -> Frame:
    told = {"entity_id": "a", "version": 1, "client_id": "c-1", "mutation_id": 1, "item": ITEM}
    body = {"channel": "orders", "event": "created", "payload": told, "epoch": epoch, "offset": 2}
    return Frame(
        "bob/1 /ws #1 down 2",
        "seen",
        "bob/1",
        direction="down",
        layer="ws",
        stage="frame",
        payload=json.dumps(body),
    )


def told(*story: Kind, leave: int = 0) -> list[int]:
    """The places of all records but the first `leave`, in the order in which they are told."""
    log = TraceWriter(None, Header())
    records: list[Record[Kind]] = [log.write("any", what, at_ms=1) for what in story]
    return [record.i for record in in_order(log.trace().records, reversed(records[leave:]))]


def test_a_commit_stands_before_the_lost_answer_though_it_was_read_later() -> None:
    seen = answer("seen", payload=json.dumps(ITEM))
    assert told(post("seen"), post("delivered"), seen, answer("lost", why="cut"), COMMIT) == [1, 2, 5, 3, 4]


def test_an_answer_without_a_body_is_known_by_who_asked() -> None:
    asked = post("seen", headers=[["client-id", "c-1"]])
    assert told(asked, answer("seen"), COMMIT) == [1, 3, 2]
    assert told(asked, post("answer_lost"), COMMIT) == [1, 3, 2]


def test_the_event_the_view_the_app_and_the_acknowledgement_tell_of_it_too() -> None:
    handed = Event("bob/1", "orders", "created", "e1", 2, "o1", "a", 1, "c-1", 1)
    for teller in (event(), handed, View("bob/1", (ITEM,)), Ok("o1", None, 1, "c-1", 1)):
        assert told(teller, COMMIT) == [2, 1], teller.kind


def test_what_tells_of_nothing_committed_stays_where_it_is() -> None:
    pending = View("alice/1", (ITEM,), ("a",))
    assert told(pending, answer("seen", status=503), event("e0"), COMMIT) == [1, 2, 3, 4]


def test_a_version_that_two_epochs_have_does_not_say_which() -> None:
    again = Commit("orders", "e2", 1, "created", "a", 1, "c-2", 1, ITEM)
    assert told(View("bob/1", (ITEM,)), COMMIT, again) == [1, 2, 3]
    assert told(event(), COMMIT, again) == [2, 1, 3]


def test_a_record_that_is_not_told_orders_those_that_are() -> None:
    assert told(event(), post("lost"), COMMIT, leave=1) == [3, 2]
