"""The MCP tools that play: a scenario in real tabs, and what its run showed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from integration.mcp_client import TOP, mcp_tools
from syncbed.world.reference import without_settings

T = TypeVar("T")


def test_a_scenario_is_played_in_real_tabs_told_step_by_step_and_explained(tmp_path: Path) -> None:
    async def story() -> tuple[dict[str, Any], list[str], dict[str, Any], dict[str, Any]]:
        async with mcp_tools(cwd=tmp_path) as tools:
            found = await tools.call("run_scenario", scenario="the-order-is-there-twice", seed=7)
            progress = list(tools.progress)
            explained = await tools.call("explain_run", run=found["folder"])
            return found, progress, explained, await tools.call("explain_run", run=found["scenario"])

    found, progress, explained, last = away_from_playwrights_loop(story())
    assert (found["verdict"], found["expected"], found["as_expected"]) == ("violated", "violated", True)
    assert (found["scenario"], found["seed"]) == ("the-order-is-there-twice", 7)
    [broken] = found["violated"]
    assert broken["invariant"] == "no_duplicate"
    assert any("alice/1 sent POST" in line for line in broken["witness"])

    folder = Path(found["folder"])
    assert folder.is_relative_to(tmp_path / "runs")
    steps = [json.loads(line) for line in (folder / "trace.jsonl").read_text("utf-8").splitlines()]
    assert len(progress) == sum(record.get("kind") == "step" for record in steps)
    assert progress[-1].endswith("expect")

    assert explained == last
    assert explained["violated"] == found["violated"]
    assert {each["invariant"]: each["status"] for each in explained["judged"]}["no_duplicate"] == "violated"
    assert explained["title"] == "The order is there twice"
    assert "syncbed run the-order-is-there-twice --seed 7" in explained["issue"]


def test_the_twin_without_the_bug_is_ok(tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        async with mcp_tools("--runs", str(tmp_path / "elsewhere"), cwd=tmp_path) as tools:
            return await tools.call("run_scenario", scenario="the-order-is-there-twice", fixed=True)

    found = away_from_playwrights_loop(story())
    assert (found["verdict"], found["violated"], found["as_expected"]) == ("ok", [], True)
    assert Path(found["folder"]).is_relative_to(tmp_path / "elsewhere")
    assert Path(found["report"]).is_file()


def test_sigterm_in_the_middle_of_a_run_ends_it_in_order(tmp_path: Path) -> None:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"},
    }
    play = {
        "name": "run_scenario",
        "arguments": {"scenario": "multi-tab"},
        "_meta": {"progressToken": "steps"},
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "syncbed", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**without_settings(os.environ), "PYTHONPATH": str(TOP)},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for number, (method, params) in enumerate((("initialize", hello), ("tools/call", play))):
            call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(call) + "\n")
            process.stdin.flush()
            assert process.stdout.readline()  # who it is; then the first step
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    [trace] = tmp_path.glob("runs/multi-tab/*/trace.jsonl")
    records = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert any(record.get("kind") == "step" for record in records)
    assert not (trace.parent / "verdict.json").exists()


def away_from_playwrights_loop(story: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()
