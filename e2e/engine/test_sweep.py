"""A create, an update and a delete, cut at each point of their way, are done once and seen by everybody.

Every point is a run of its own, in real tabs through the wire. In the first sweep messages wait in flight and
the connection ends around a chosen one; in the second the wire cuts within a message, where it can.
"""

from __future__ import annotations

from typing import Any

import pytest

from e2e.driver.conftest import Stage
from e2e.engine.story import CONVERGED, Step, is_ok, play, put, rule, shows, shows_once

METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE"}
CUT_SOCKET: Step = {"do": "fault", "id": "socket", "on": "alice", "fault": {"kind": "cut"}}


def request_of(op: str) -> str:
    """The leader sends, whichever tab wrote."""
    if op == "create":
        return "alice/1 POST /api/orders mutation 1 #1"
    return f"alice/1 {METHODS[op]} /api/orders/latte mutation 1 #1"


def at(does: str, way: str) -> tuple[str, str]:
    return does, way


POINTS: dict[str, list[tuple[str, str]]] = {
    "before the request": [at("end_before", "up")],
    "after the request": [at("end_after", "up")],
    "before the answer": [at("deliver", "up"), at("end_before", "down")],
    "after the answer": [at("deliver", "up"), at("end_after", "down")],
    "the socket before the request": [at("cut", ""), at("deliver", "up")],
    "the socket between request and answer": [at("deliver", "up"), at("cut", ""), at("deliver", "down")],
    "the socket and the answer": [at("deliver", "up"), at("cut", ""), at("end_before", "down")],
    "the socket after the answer": [at("deliver", "up"), at("deliver", "down"), at("cut", "")],
}


def write(op: str, tab: str) -> Step:
    if op == "delete":
        return {"do": "remove", "tab": tab, "key": "latte", "id": "write"}
    return put(tab, "latte", "write")


def around(op: str, tab: str, middle: list[Step]) -> list[Step]:
    """The item is there if it has to be, by another hand; what is expected of everybody in the end."""
    before = [] if op == "create" else [put("bob/1", "latte", "first", until="server"), shows(tab, "first")]
    tabs = ("alice/1", "alice/2", "bob/1")
    if op == "delete":
        gone = [{"do": "expect", "that": {"is": "absent", "tab": each, "key": "latte"}} for each in tabs]
        return [*before, *middle, CONVERGED, *gone]
    return [*before, *middle, CONVERGED, *(shows_once(each, "write") for each in tabs)]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tab", ["alice/1", "alice/2"], ids=["by the leader", "by another tab"])
@pytest.mark.parametrize("op", METHODS)
def test_a_write_whose_connection_ends_at_a_message_happens_once(
    stage: Stage, op: str, tab: str, point: str
) -> None:
    request = request_of(op)
    cuts = [
        CUT_SOCKET if does == "cut" else {"do": does, "message": f"{request} {way}"}
        for does, way in POINTS[point]
    ]
    middle = [{"do": "settle"}, {"do": "hold"}, write(op, tab), *cuts, {"do": "heal"}]
    needs = ["hold", "cut"] if CUT_SOCKET in cuts else ["hold"]
    is_ok(play(stage, around(op, tab, middle), needs=needs))


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


@pytest.mark.parametrize("where", WITHIN)
@pytest.mark.parametrize("op", METHODS)
def test_a_write_that_is_cut_within_a_message_happens_once(stage: Stage, op: str, where: str) -> None:
    fault = dict(WITHIN[where])
    match = {"profile": "alice", "kind": "http", "method": METHODS[op]}
    if stage_of := fault.pop("at", None):
        match["stage"] = stage_of
    middle = [rule("cut", match, fault, limit=1), write(op, "alice/2"), {"do": "settle"}]
    is_ok(play(stage, around(op, "alice/2", middle), needs=[fault["kind"]]))
