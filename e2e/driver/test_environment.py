"""A machine without what it takes, a browser that dies, a signal: never exit 1, nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.driver.conftest import LEAST, Stage
from syncbed.drivers.chromium_tab import ChromiumTab
from syncbed.drivers.errors import DriverError
from syncbed.run.errors import StoppedError
from syncbed.run.player import finish, play_step
from syncbed.run.session import Session
from syncbed.scenario import parse_scenario
from syncbed.trace import Info, Settled, Stopped, TabLife, Trace
from syncbed.world import World
from syncbed.world.reference import without_settings

TOP = Path(__file__).resolve().parents[2]
STATIC = TOP / "static"
PUT: dict[str, Any] = {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "id": "latte"}


def command(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "syncbed", *words],
        env={**without_settings(os.environ), "PYTHONPATH": str(TOP), "TMPDIR": str(folder), **more},
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # What a shell puts in the background ignores SIGINT, as this suite may, and so would its child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def ended(folder: Path, *words: str) -> tuple[int, str, str]:
    process = command(folder, *words)
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def test_a_renderer_that_crashes_unasked_is_in_the_trace_and_stops_the_run(stage: Stage) -> None:
    """As when a tab runs out of memory: nobody asked for it."""
    posts = {"stage": "request", "method": "POST"}
    hanging = {"id": "hanging", "match": posts, "fault": {"kind": "half_open"}}
    steps = [{"do": "add_rule", "rule": hanging}, PUT, {**PUT, "key": "mocha", "id": "mocha"}]
    scenario = parse_scenario({**LEAST, "needs": ["half_open"], "steps": steps})

    async def crash() -> Trace:
        async with Session(scenario, stage.tabs(), None) as session:
            for step in scenario.steps[:2]:
                await play_step(session, step)
            tab = session.driver.tab("alice/1")
            assert isinstance(tab, ChromiumTab)
            asking = asyncio.ensure_future(tab.session.send("Page.crash"))  # it never answers
            await session.recorder.until(lambda: session.driver.deaths, 10_000)
            asking.cancel()
            with pytest.raises(StoppedError, match="alice/1 crashed unasked"):
                await play_step(session, scenario.steps[2])
            await finish(session)
            return session.recorder.trace()

    trace = stage.wait(crash())
    assert [life.what.did for life in trace.all(TabLife)] == ["opened", "crashed"]
    assert [info.what for info in trace.all(Info)] == [Info("latte", "the tab was crashed")]
    assert [stopped.what.why for stopped in trace.all(Stopped)] == [
        "alice/1 crashed unasked: its renderer is gone"
    ]


def test_a_browser_that_dies_stops_the_run_and_the_next_one_gets_another(stage: Stage) -> None:
    steps = [PUT, {**PUT, "key": "mocha", "id": "mocha"}]
    scenario = parse_scenario({**LEAST, "settle_ms_max": 1000, "steps": steps})

    async def die() -> Trace:
        async with Session(scenario, stage.tabs(own_processes=True), None) as session:
            await play_step(session, scenario.steps[0])
            tab = session.driver.tab("alice/1")
            assert isinstance(tab, ChromiumTab)
            await tab.page.context.close()
            with pytest.raises(DriverError, match=r"alice/1: .*closed"):
                await play_step(session, scenario.steps[1])
            await finish(session)
            return session.recorder.trace()

    trace = stage.wait(die())
    assert not [settled for settled in trace.all(Settled) if settled.what.reached]
    assert stage.play(scenario).verdict == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_signal_ends_a_run_with_its_servers_browser_and_folders(
    tmp_path: Path, number: signal.Signals
) -> None:
    waiting = {
        "syncbed": 1,
        "title": "waits",
        "about": "Waits for what does not come.",
        "world": {"broker": "redis"},
        "profiles": {"alice": {}},
        "judges": ["converges"],
        "steps": [{"do": "wait", "for": {"is": "pending", "tab": "alice/1", "n": 7}, "within_ms": 60_000}],
    }
    file = tmp_path / "waits.json"
    file.write_text(json.dumps(waiting), encoding="utf-8")
    process = command(tmp_path, "run", str(file))
    for line in lines_of(tmp_path):
        if '"kind":"step"' in line:
            break
    process.send_signal(number)
    process.communicate(timeout=100)
    assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("syncbed-")] == []


def lines_of(folder: Path) -> Iterator[str]:
    """The lines of the one run's trace, as they are written."""
    follow = [
        "sh",
        "-c",
        "until ls runs/*/*/trace.jsonl >/dev/null 2>&1; do sleep 0.05; done; tail -f runs/*/*/trace.jsonl",
    ]
    with subprocess.Popen(follow, cwd=folder, text=True, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        yield from tail.stdout
        tail.kill()


@pytest.mark.parametrize(
    ("words", "prepared", "said"),
    [
        (["run", "multi-tab"], {"runs": ""}, "runs"),
        (["wire", "--upstream", "http://127.0.0.1:9", "--events", "nowhere/events"], {}, "nowhere/events"),
        (["show", "broken", "--json"], {"broken/report.html": ""}, "verdict.json"),
        (["run", "multi-tab", "--adapter", "nothing.html"], {}, "nothing.html"),
        (["run", "multi-tab", "--upstream", "http://127.0.0.1:9"], {}, "--upstream needs --adapter"),
        (["run", "multi-tab", "--adapter", "http://127.0.0.1:9/bed.html"], {}, "does not answer"),
        (["run", "frozen-tab-returns", "--driver", "lab"], {}, "freeze: a browser freezes whole tabs"),
    ],
    ids=["runs is a file", "events", "no verdict", "no adapter", "upstream alone", "nobody there", "refused"],
)
def test_what_is_wrong_with_the_environment_is_a_sentence_and_exit_2(
    tmp_path: Path, words: list[str], prepared: Mapping[str, str], said: str
) -> None:
    for name, text in prepared.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    code, _, err = ended(tmp_path, *words)
    assert code == 2, err
    assert "Traceback" not in err
    assert said in err


def test_a_strangers_adapter_and_server_are_run_from_the_command(tmp_path: Path) -> None:
    adapter = tmp_path / "mine.html"
    adapter.write_text((STATIC / "bed" / "reference.html").read_text(encoding="utf-8"), encoding="utf-8")
    with World() as world:
        theirs = world.reference(test_mode=False).url.replace("localhost", "127.0.0.1")
        words = ["run", "multi-tab", "--adapter", str(adapter), "--upstream", f"theirs={theirs}", "--json"]
        code, out, err = ended(tmp_path, *words)
    assert code == 0, out + err
    [run] = json.loads(out)["runs"]
    assert run["verdict"] == "ok"


def test_the_lab_plays_a_scenario_in_its_own_page(tmp_path: Path) -> None:
    code, out, err = ended(tmp_path, "run", "multi-tab", "--driver", "lab", "--json")
    assert code == 0, out + err
    [run] = json.loads(out)["runs"]
    header = json.loads(
        (tmp_path / run["folder"] / "trace.jsonl").read_text(encoding="utf-8").splitlines()[0]
    )
    assert header["driver"] == "panes"
