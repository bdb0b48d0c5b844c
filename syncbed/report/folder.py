"""The folder of a run: `runs/<scenario>/<time>-s<seed>/` with trace, verdict, repro and report.

The trace is written there while the run goes on; the rest when it is judged. No name holds a `:`,
so that a folder can be copied to any file system.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from ..checkers import Verdict, exit_code
from ..scenario import Scenario, scenario_text
from ..trace import Trace
from .page import render

TRACE, VERDICT, REPRO, REPORT = "trace.jsonl", "verdict.json", "repro.json", "report.html"
SAME_SECOND_MAX = 1000


def new_run_folder(root: Path, scenario: str, seed: int, now: datetime) -> Path:
    """Make an empty folder for a run that begins now. Runs of one second are told apart by a number."""
    name = f"{now:%Y-%m-%dT%H-%M-%S}-s{seed}"
    above = root / (re.sub(r"[^A-Za-z0-9._-]+", "-", scenario).strip("-.") or "scenario")
    for number in range(1, SAME_SECOND_MAX):
        folder = above / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{above / name}: {SAME_SECOND_MAX} runs began in this second")


def write_run(folder: Path, scenario: Scenario, trace: Trace, verdict: Verdict) -> None:
    """Write verdict, repro and report beside the trace."""
    told = json.dumps(verdict_json(scenario, trace, verdict), ensure_ascii=False, indent=2)
    _write(folder / VERDICT, told + "\n")
    _write(folder / REPRO, scenario_text(repro_of(scenario, trace)))
    _write(folder / REPORT, render(scenario, trace, verdict))


def verdict_json(scenario: Scenario, trace: Trace, verdict: Verdict) -> dict[str, Any]:
    """The verdict, what was expected, and the exit code that comes of both."""
    return {
        "scenario": scenario.name,
        "seed": trace.header.seed,
        "expected": scenario.expected,
        "violates": list(scenario.violates),
        "exit_code": exit_code(verdict, scenario.expected, scenario.violates),
        **verdict.to_json(),
    }


def repro_of(scenario: Scenario, trace: Trace) -> dict[str, Any]:
    """The scenario as it was run, with the seed that it was run with."""
    found = dict(scenario.raw)
    steps = found.pop("steps")
    return {**found, "seed": trace.header.seed, "steps": steps}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
