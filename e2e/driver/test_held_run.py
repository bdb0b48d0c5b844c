"""A scenario that holds its messages: what happens next is chosen, written down, and chosen again alike."""

from __future__ import annotations

from pathlib import Path

from e2e.driver.conftest import Played, Stage
from e2e.driver.test_run import with_change
from syncbed.scenario import load
from syncbed.trace import Choice, Note

PUT = {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "id": "latte"}
POST = "alice/1 POST /api/orders mutation 1 #1 up"


def choices(played: Played) -> list[str]:
    return [f"{record.what.does} {record.what.what}" for record in played.trace.all(Choice)]


def test_one_seed_is_one_order_of_messages(stage: Stage) -> None:
    first, second = stage.play(load("held-race")), stage.play(load("held-race"))
    assert first.verdict == second.verdict == "ok", first.reason + second.reason
    assert len(choices(first)) >= 20
    assert choices(first) == choices(second)


def test_a_message_is_lost_with_its_connection_and_the_write_is_sent_again(stage: Stage) -> None:
    steps = [{"do": "hold"}, PUT, {"do": "end_before", "message": POST}, {"do": "go"}]
    shown = {"do": "expect", "that": {"is": "pending_is", "tab": "alice/1", "n": 0}}
    judges = ["expectations", "no_lost_write"]
    played = stage.play({"needs": ["hold"], "judges": judges, "steps": [*steps, shown]})
    assert played.verdict == "ok", played.reason
    assert choices(played) == [f"end_before {POST}"]


def test_a_message_that_does_not_come_is_a_divergence_and_those_that_wait_are_named(stage: Stage) -> None:
    wrong = {"do": "deliver", "message": "alice/1 POST /api/teas #1 up", "within_ms": 100}
    played = stage.play({"needs": ["hold"], "steps": [{"do": "hold"}, PUT, wrong]})
    assert played.verdict == "unknown"
    told = f"diverged at step 2: {wrong['do']} {wrong['message']} is not there; in flight: {POST}"
    assert told in played.reason


def test_a_timer_that_is_not_there_is_a_divergence_at_the_scenarios_step(stage: Stage) -> None:
    wrong = {"do": "fire", "tab": "alice/1", "timer": "nobody.js sleep #1"}
    played = stage.play({"needs": ["hold"], "steps": [{"do": "hold"}, PUT, wrong]})
    assert played.verdict == "unknown"
    assert "diverged at step 2: fire alice/1 nobody.js sleep #1 is not there" in played.reason


def test_a_scenario_may_be_held_from_its_start(stage: Stage) -> None:
    steps = [{"do": "deliver_by_seed"}, PUT, {"do": "deliver_by_seed"}, {"do": "go"}]
    played = stage.play({"mode": "held", "needs": ["hold"], "steps": steps})
    assert played.verdict == "ok", played.reason
    assert played.trace.header.mode == "held"
    assert "deliver alice/1 GET /api/orders #1 up" in choices(played)


def test_a_run_that_cannot_be_repeated_says_why(stage: Stage, tmp_path: Path) -> None:
    work = "new Worker(URL.createObjectURL(new Blob(['1'])));"
    static = with_change(
        tmp_path, "bed/reference.html", "    client.connect();", f"    client.connect(); {work}"
    )
    steps = [{"do": "hold"}, PUT, {"do": "deliver", "message": POST}, {"do": "go"}]
    played = stage.play({"needs": ["hold"], "steps": steps}, settings={"static_dir": static})
    notes = [note.what for note in played.trace.all(Note)]
    [why] = [
        note.about for note in notes if note.text == "another run with the same choices may go another way"
    ]
    assert any(each.startswith("alice/1: Worker") for each in why)
