"""What happened to a message is told by what it is, never by its name at the wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncbed.trace import Choice, Frame, Kind, Record, TabMessage, Teller, tell
from syncbed.trace.words import sibling_words

POST: dict[str, Any] = {
    "layer": "http",
    "method": "POST",
    "path": "/api/orders",
    "mutation": "1",
    "tab": "alice/1",
}
UP: dict[str, Any] = {**POST, "direction": "up", "stage": "request"}
DOWN: dict[str, Any] = {**POST, "direction": "down", "stage": "response", "status": 201}
EVENT = {"channel": "orders", "event": "created", "payload": {"entity_id": "a"}, "offset": 2}
WS: dict[str, Any] = {"layer": "ws", "stage": "frame", "tab": "bob/1", "direction": "down", "path": "/ws"}
LABELS = json.loads((Path(__file__).parents[1] / "vectors" / "labels.json").read_text("utf-8"))
"""e2e/js/labels.test.js reads the same."""
NAME = "alice/1 POST /api/orders mutation 1 #1"


def record(what: Kind) -> Record[Kind]:
    return Record(0, "wire", 1, 0.0, what)


def frame(did: Any, name: str = f"{NAME} up", **about: Any) -> str:
    return tell(record(Frame(name, did, **about)))


def test_a_request_and_its_answer_are_told_by_their_mutation() -> None:
    assert frame("seen", **UP) == "alice/1 sent POST m1"
    assert frame("seen", f"{NAME[:-1]}2 up", **UP) == "alice/1 sent POST m1 again"
    assert frame("delivered", upstream="a", **UP) == "POST m1 of alice/1 reached server a"
    assert frame("held", **UP) == "POST m1 of alice/1 was held"
    assert frame("answer_lost", why="cut", **UP) == (
        "the server answered m1 of alice/1, and the answer was lost: cut"
    )
    assert frame("seen", **DOWN) == "the server answered 201 to m1 of alice/1"
    assert frame("lost", why="cut", **DOWN) == "the answer 201 to m1 of alice/1 was lost: cut"
    assert frame("delivered", **DOWN) == "the answer 201 to m1 reached alice/1"


def test_one_without_a_mutation_is_told_by_its_path() -> None:
    about = {"layer": "http", "method": "GET", "path": "/api/orders", "tab": "bob/1", "stage": "request"}
    assert frame("seen", direction="up", **about) == "bob/1 sent GET /api/orders"
    about["path"] = "/test/clients/b8432cb9-0000-4000-8000-000000000000/cut"
    assert frame("seen", direction="up", **about) == "bob/1 sent GET /test/clients/…/cut"


def test_an_event_is_told_by_what_it_carried_when_it_was_first_seen() -> None:
    teller = Teller()
    sights: list[tuple[Any, str | None]] = [("seen", json.dumps(EVENT)), ("held", None), ("delivered", None)]
    told = [
        teller(record(Frame("bob/1 /ws #1 down 2", did, payload=payload, **WS))) for did, payload in sights
    ]
    assert told == [
        "the server sent created 2 to bob/1",
        "created 2 to bob/1 was held",
        "created 2 reached bob/1",
    ]
    chosen = Choice("deliver", "bob/1 /ws #1 down 2")
    assert teller(record(chosen)) == "chosen: deliver created 2 to bob/1"
    assert frame("delivered", "bob/1 /ws #3 down 2", **WS) == "message 2 of /ws (connection 3) reached bob/1"


def test_a_choice_of_a_request_is_told_by_its_mutation_and_of_a_timer_by_its_name() -> None:
    teller = Teller([record(Frame(f"{NAME} down", "seen", **DOWN))])
    end = Choice("end_before", f"{NAME} down")
    assert teller(record(end)) == "chosen: end before the answer 201 to m1 of alice/1"
    assert teller(record(Choice("fire", "alice/1 retry #1"))) == "chosen: fire alice/1 retry #1"


@pytest.mark.parametrize("vector", LABELS, ids=lambda vector: f"{vector['dialect']}: {vector['label']}")
def test_every_dialect_is_told_as_the_diagram_tells_it(vector: dict[str, Any]) -> None:
    assert frame("delivered", payload=json.dumps(vector["frame"]), **WS) == f"{vector['label']} reached bob/1"


def test_tabs_tell_each_other_of_writes_and_of_what_the_leader_heard() -> None:
    made = json.dumps({"topic": "outbox", "body": {"kind": "made", "entry": {"mutationId": 7}}})
    assert (
        tell(record(TabMessage("alice/1", "sent", "t", "c", made))) == "alice/1 told other tabs: m7 pending"
    )
    heard = json.dumps({"topic": "link", "body": {"kind": "text", "body": json.dumps(EVENT)}})
    assert (
        tell(record(TabMessage("alice/2", "received", "t", "c", heard)))
        == "alice/2 heard from a tab: created 2"
    )
    assert sibling_words('{"topic":"leader","body":1}') == "leader"
