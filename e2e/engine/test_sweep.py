"""A create, an update and a delete, cut at each point of their way, are done once and seen by everybody.

In the first sweep messages wait in flight and a connection ends around a chosen one: the request, its answer,
the event that tells it to those who wrote, the event that tells it to others. In the second the wire cuts
within a message, where it can. All in real tabs, in a world that is kept; each case has an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.driver.conftest import Stage
from e2e.engine.kept import Case, Kept
from e2e.engine.story import CONVERGED, Step, put, rule, shows, shows_once

METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE"}
TABS = ("alice/1", "alice/2", "bob/1")

DELIVER, BEFORE, AFTER = "deliver", "end_before", "end_after"
EVENT, OTHERS_EVENT = (f"{tab} /ws/broadcast #* down *" for tab in ("alice/1", "bob/1"))

POINTS: dict[str, list[tuple[str, str]]] = {
    "before the request": [(BEFORE, "up")],
    "after the request": [(AFTER, "up")],
    "before the answer": [(DELIVER, "up"), (BEFORE, "down")],
    "after the answer": [(DELIVER, "up"), (AFTER, "down")],
    "the socket before the request": [("cut", ""), (DELIVER, "up")],
    "the socket between request and answer": [(DELIVER, "up"), ("cut", ""), (DELIVER, "down")],
    "the socket and the answer": [(DELIVER, "up"), ("cut", ""), (BEFORE, "down")],
    "the socket after the answer": [(DELIVER, "up"), (DELIVER, "down"), ("cut", "")],
    "before the event": [(DELIVER, "up"), (BEFORE, EVENT), (DELIVER, "down")],
    "after the event": [(DELIVER, "up"), (AFTER, EVENT), (DELIVER, "down")],
    "before the event, after the answer": [(DELIVER, "up"), (DELIVER, "down"), (BEFORE, EVENT)],
    "before the event and the answer": [(DELIVER, "up"), (BEFORE, EVENT), (BEFORE, "down")],
    "after the event, before the answer": [(DELIVER, "up"), (AFTER, EVENT), (BEFORE, "down")],
    "before the answer that its event overtook": [(DELIVER, "up"), (DELIVER, EVENT), (BEFORE, "down")],
    "before the event for others": [(DELIVER, "up"), (BEFORE, OTHERS_EVENT), (DELIVER, "down")],
    "after the event for others": [(DELIVER, "up"), (AFTER, OTHERS_EVENT), (DELIVER, "down")],
}

WITHIN: dict[str, dict[str, Any]] = {
    "the request is cut": {"kind": "cut", "at": "request"},
    "the browser alone sees the request's end": {"kind": "cut", "at": "request", "side": "browser"},
    "the answer is cut": {"kind": "cut", "at": "response"},
    "the connection is cut after the answer": {"kind": "cut", "at": "response", "when": "after"},
    "the answer is lost": {"kind": "answer_lost"},
    "the answer ends within its head": {"kind": "answer_lost", "how": "after_status_line"},
    "the answer ends after its head": {"kind": "answer_lost", "how": "after_head"},
    "the request comes twice": {"kind": "duplicate_request"},
    "the server is told to be away": {"kind": "http_status", "status": 503},
    "the server did it and is said to be away": {"kind": "http_status", "status": 503, "at": "response"},
}


@pytest.fixture(scope="module")
def kept(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    kept = Kept(stage, tmp_path_factory.mktemp("sweep"))
    yield kept
    kept.close()


def request_of(op: str, number: int) -> str:
    """The leader sends, whichever tab wrote; Alice writes once in each case."""
    path = "/api/orders" if op == "create" else f"/api/orders/{item(number)}"
    return f"alice/1 {METHODS[op]} {path} mutation {number} #1"


def item(number: int) -> str:
    return f"latte-{number}"


def around(op: str, tab: str, number: int, before: list[Step], after: list[Step]) -> list[Step]:
    """The item is there if it has to be, by another hand; what is expected of everybody in the end."""
    key, write, first = item(number), f"write-{number}", f"first-{number}"
    there = [] if op == "create" else [put("bob/1", key, first, until="server"), shows(tab, first)]
    if op == "delete":
        act: Step = {"do": "remove", "tab": tab, "key": key, "id": write}
        end = [{"do": "expect", "that": {"is": "absent", "tab": each, "key": key}} for each in TABS]
    else:
        act = put(tab, key, write)
        end = [shows_once(each, write) for each in TABS]
    return [*there, *before, act, *after, CONVERGED, *end]


def at_message(op: str, tab: str, point: str) -> Case:
    def case(number: int) -> list[Step]:
        cuts = [cut(op, number, does, what) for does, what in POINTS[point]]
        return around(op, tab, number, [{"do": "settle"}, {"do": "hold"}], [*cuts, {"do": "heal"}])

    return case


def cut(op: str, number: int, does: str, what: str) -> Step:
    if does == "cut":
        return {"do": "fault", "id": f"socket-{number}", "on": "alice", "fault": {"kind": "cut"}}
    return {"do": does, "message": f"{request_of(op, number)} {what}" if what in ("up", "down") else what}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tab", ["alice/1", "alice/2"], ids=["by the leader", "by another tab"])
@pytest.mark.parametrize("op", METHODS)
def test_a_write_whose_connection_ends_at_a_message_happens_once(
    kept: Kept, op: str, tab: str, point: str
) -> None:
    found = kept.play(at_message(op, tab, point))
    assert found.status == "ok", found.reason


@pytest.mark.parametrize("where", WITHIN)
@pytest.mark.parametrize("op", METHODS)
def test_a_write_that_is_cut_within_a_message_happens_once(kept: Kept, op: str, where: str) -> None:
    fault = dict(WITHIN[where])
    match = {"profile": "alice", "kind": "http", "method": METHODS[op]}
    if stage_of := fault.pop("at", None):
        match["stage"] = stage_of

    def case(number: int) -> list[Step]:
        struck = rule(f"within-{number}", match, fault, limit=1)
        return around(op, "alice/2", number, [struck], [{"do": "settle"}])

    found = kept.play(case)
    assert found.status == "ok", found.reason


def test_a_client_that_sends_again_as_new_does_not_pass(stage: Stage, tmp_path: Path) -> None:
    """One of the sweep's own cases, with a bug planted in the SDK."""
    kept = Kept(stage, tmp_path, bug="resend-as-new")
    try:
        found = kept.play(at_message("create", "alice/1", "the socket and the answer"))
    finally:
        kept.close()
    assert found.status == "violated"
    assert "no_duplicate" in found.violated()
