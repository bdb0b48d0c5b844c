"""A scenario from end to end: its verdict, its folder, and what makes a run worth nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.driver.conftest import Stage
from syncbed.checkers import exit_code
from syncbed.scenario import parse_scenario
from syncbed.trace import Bypass, Commit, LogRead, Snapshot
from syncbed.world.reference import without_settings

TOP = Path(__file__).resolve().parents[2]
STATIC = TOP / "static"
PUT: dict[str, Any] = {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "until": "server"}


def test_the_command_plays_a_scenario_of_the_gallery_and_leaves_its_folder(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "syncbed", "run", "multi-tab", "--json"],
        env={**without_settings(os.environ), "PYTHONPATH": str(TOP)},
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    [run] = json.loads(ended.stdout)["runs"]
    assert (run["verdict"], run["expected"]) == ("ok", "ok")
    folder = tmp_path / run["folder"]
    assert {"trace.jsonl", "verdict.json", "report.html", "repro.json"} <= {p.name for p in folder.iterdir()}
    assert ":" not in run["folder"]


def test_a_repro_is_a_scenario_that_plays_again(stage: Stage) -> None:
    first = stage.play({"steps": [PUT]})
    repro = json.loads((first.outcome.folder / "repro.json").read_text(encoding="utf-8"))
    assert stage.play(parse_scenario(repro, "again")).verdict == first.verdict == "ok"


def test_the_bed_reads_every_commit_and_the_servers_last_word(stage: Stage) -> None:
    trace = stage.play({"steps": [{**PUT, "times": 3}]}).trace
    assert [record.what.offset for record in trace.all(Commit)] == [1, 2, 3]
    assert max(record.what.through for record in trace.all(LogRead)) == 3
    [snapshot] = trace.all(Snapshot)
    assert [item["title"] for item in snapshot.what.items] == ["latte #o0-1", "latte #o0-2", "latte #o0-3"]


def test_a_broken_sdk_is_caught_with_a_witness(stage: Stage, tmp_path: Path) -> None:
    """An SDK that never takes a deleted item out of its base."""
    static = with_change(
        tmp_path, "sdk/replay.js", "if (item === null) items.delete(id);", "if (item === null) return;"
    )
    steps = [PUT, {"do": "remove", "tab": "bob/1", "key": "latte", "until": "server"}]
    shown = {"do": "wait", "for": {"is": "shows", "tab": "bob/1", "op": "o0"}}
    played = stage.play(
        {"profiles": {"alice": {}, "bob": {}}, "steps": [steps[0], shown, steps[1]]},
        settings={"static_dir": static},
    )
    assert played.verdict == "violated"
    assert played.outcome.verdict.violated() == ["converges"]
    [finding] = played.outcome.verdict.judged()
    assert "which the server does not hold" in finding.reason
    assert finding.witness
    assert exit_code(played.outcome.verdict) == 1


@pytest.mark.parametrize(
    ("traffic", "what"),
    [
        ("fetch('http://elsewhere.localhost:9/api').catch(() => {});", "GET /api"),
        ("new WebSocket('ws://elsewhere.localhost:9/live');", "WebSocket /live"),
        (
            "const popup = open('about:blank'); new popup.WebSocket('ws://elsewhere.localhost:9/popup');",
            "WebSocket /popup",
        ),
        (
            "new Worker(URL.createObjectURL(new Blob([\"fetch('http://elsewhere.localhost:9/work')"
            '.catch(() => {})"])));',
            "GET /work",
        ),
    ],
    ids=["fetch", "websocket", "popup", "worker"],
)
def test_traffic_past_the_wire_makes_the_run_unknown(
    stage: Stage, tmp_path: Path, traffic: str, what: str
) -> None:
    connects = "    client.connect();"
    static = with_change(tmp_path, "bed/reference.html", connects, f"{connects} {traffic}")
    played = stage.play({"steps": [PUT]}, settings={"static_dir": static})
    assert played.verdict == "unknown"
    assert "traffic bypassed the wire (elsewhere.localhost:9)" in played.reason
    assert what in {record.what.what for record in played.trace.all(Bypass)}


def test_an_sdk_that_does_not_claim_what_is_needed_is_not_judged(stage: Stage) -> None:
    played = stage.play({"needs": ["rpc"], "steps": [PUT]})
    assert played.verdict == "unknown"
    assert "does not claim rpc" in played.reason


def test_a_wait_that_runs_out_stops_the_run_and_says_what_was_there(stage: Stage) -> None:
    never = {"do": "wait", "for": {"is": "pending", "tab": "alice/1", "n": 7}, "within_ms": 100}
    played = stage.play({"steps": [never, PUT]})
    assert played.verdict == "unknown"
    assert "waited 100 ms until alice/1 has 7 pending: it has 0" in played.reason


def test_a_server_without_a_log_is_what_a_fresh_profile_shows(stage: Stage) -> None:
    played = stage.play({"judges": ["converges", "no_lost_write"], "steps": [PUT]}, log=False)
    [snapshot] = played.trace.all(Snapshot)
    assert [item["title"] for item in snapshot.what.items] == ["latte #o0"]
    found = {finding.invariant: finding.status for finding in played.outcome.verdict.judged()}
    assert found == {"converges": "ok", "no_lost_write": "unknown"}
    assert played.outcome.verdict.doubts == ()


def test_a_tab_that_is_opened_again_speaks_through_another_document(stage: Stage) -> None:
    shown = {"do": "expect", "that": {"is": "shows", "tab": "alice/1", "op": "o0"}}
    steps = [PUT, {"do": "close", "tab": "alice/1"}, {"do": "open", "tab": "alice/1"}, shown]
    played = stage.play({"needs": ["close"], "judges": ["converges", "expectations"], "steps": steps})
    assert played.verdict == "ok", played.reason
    assert list(played.trace.documents) == ["tab alice/1", "tab alice/1#2"]


def test_a_violation_that_was_expected_is_as_expected(stage: Stage) -> None:
    absent = {"do": "expect", "that": {"is": "absent", "tab": "alice/1", "key": "latte", "within_ms": 0}}
    expected = {"expected": "violated", "violates": ["expectations"], "because": "it was put there"}
    played = stage.play({**expected, "judges": ["expectations"], "steps": [PUT, absent]})
    assert played.verdict == "violated"
    assert played.outcome.exit_code == 0


def with_change(folder: Path, name: str, was: str, now: str) -> Path:
    """The static files with one of them changed."""
    static = folder / "static"
    shutil.copytree(STATIC, static)
    text = (static / name).read_text(encoding="utf-8")
    assert text.count(was) == 1
    (static / name).write_text(text.replace(was, now), encoding="utf-8")
    return static
