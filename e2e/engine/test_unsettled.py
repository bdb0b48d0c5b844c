"""What is missing when a run does not settle is said so that the reader knows where to look."""

from __future__ import annotations

from e2e.driver.conftest import Stage
from e2e.engine.story import is_ok, play, put, rule
from syncbed.trace import Settled


def test_a_request_without_an_answer_is_named(stage: Stage) -> None:
    answers = {"profile": "alice", "stage": "response", "method": "POST"}
    steps = [
        rule("slow", answers, {"kind": "delay", "delay_ms": 9000}, limit=1),
        put("alice/1", "latte", "latte"),
        {
            "do": "wait",
            "for": {"is": "frame", "message": "alice/1 POST /api/orders mutation 1 *", "did": "delayed"},
        },
        {"do": "settle", "within_ms": 500},
    ]
    played = play(stage, steps, needs=["delay"], judges=["converges"])
    is_ok(played)
    early, last = played.trace.all(Settled)
    assert early.what.missing.startswith("alice/1 POST /api/orders mutation 1 #1 up has no answer yet")
    assert last.what.reached
