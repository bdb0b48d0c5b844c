"""The tools about scenarios: which there are, play one in real tabs, tell what a run showed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context

from ..checkers import INVARIANTS
from ..report.issue import issue_of
from ..run.command import find_run, need_playwright
from ..run.errors import RunError
from ..run.refusals import refusals
from ..scenario import Step, gallery, load, read_scenario


class Scenarios:
    """`runs`: the folder that runs leave theirs in. One run at a time: it has the machine to itself."""

    def __init__(self, runs: Path, *, headed: bool) -> None:
        self._runs = runs
        self._headed = headed
        self._alone = asyncio.Lock()

    async def list(self) -> dict[str, Any]:
        """List the scenarios of the gallery: name, title, the expected verdict and why, what each judges."""
        keys = ("name", "title", "expected", "because", "needs", "judges")
        found = [load(name) for name in gallery()]
        return {"scenarios": [{key: getattr(each, key) for key in keys} for each in found]}

    async def run(
        self, scenario: str, ctx: Context, seed: int | None = None, fixed: bool = False
    ) -> dict[str, Any]:
        """Play a scenario in real Chromium tabs against real servers, judge it, and leave a folder.

        Answers the verdict (ok, violated, unknown), the reason, each violated invariant with its witness in
        plain words, and the run's folder, which explain_run reads. It takes seconds to a minute.

        Args:
            scenario: A name of list_scenarios, the path of a scenario file, or a link of the lab.
            seed: Of what chance decides; not given: the scenario's own.
            fixed: Play the twin without its planted bug, which must be ok.
        """
        need_playwright()
        chosen = load(scenario)
        chosen = chosen.fixed() if fixed else chosen
        chosen = chosen if seed is None else replace(chosen, seed=seed)
        if why := refusals(chosen):
            raise RunError(f"{chosen.name} cannot be played here: {', '.join(why)}")
        from playwright.async_api import async_playwright

        from ..drivers.chromium import Chromium
        from ..drivers.tabs import tabs_driver
        from ..run import player

        telling: list[asyncio.Task[None]] = []

        def at(step: Step) -> None:
            progress = ctx.report_progress(step.number + 1, len(chosen.steps), step.do)
            telling.append(asyncio.ensure_future(progress))

        async with self._alone, async_playwright() as playwright:
            chromium = Chromium(playwright, headed=self._headed)
            try:
                outcome = await player.run(chosen, tabs_driver(chromium), self._runs, progress=at)
            finally:
                await chromium.close()
                await asyncio.gather(*telling, return_exceptions=True)  # nobody has to hear it
        return _summary(outcome.folder)

    async def explain(self, run: str) -> dict[str, Any]:
        """Tell what a run showed: the verdict, each invariant judged, the witness in words, an issue's text.

        Args:
            run: The folder that run_scenario answered, or a scenario's name for its last run.
        """
        folder = find_run(run, self._runs)
        about = _verdict(folder)
        scenario = read_scenario(folder / "repro.json")
        return {
            **_summary(folder),
            "title": scenario.title,
            "doubts": about["doubts"],
            "steps": [step.to_json() for step in scenario.steps],
            "judged": [
                {
                    "invariant": each["invariant"],
                    "says": INVARIANTS[each["invariant"]],
                    "status": each["status"],
                    "reason": each["reason"],
                }
                for each in about["findings"]
                if each["invariant"] in about["judges"]
            ],
            "issue": issue_of(folder),
        }


def _summary(folder: Path) -> dict[str, Any]:
    about = _verdict(folder)
    return {
        "scenario": about["scenario"],
        "seed": about["seed"],
        "verdict": about["verdict"],
        "expected": about["expected"],
        "as_expected": about["exit_code"] == 0,
        "reason": about["reason"],
        "violated": [
            {
                "invariant": each["invariant"],
                "reason": each["reason"],
                "witness": [record["told"] for record in each["witness"]],
            }
            for each in about["findings"]
            if each["status"] == "violated" and each["invariant"] in about["judges"]
        ],
        "folder": str(folder),
        "report": str(folder / "report.html"),
    }


def _verdict(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    return found
