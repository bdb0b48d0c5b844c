"""The driver's tests play whole scenarios in real tabs and look at the traces they leave.

The driver is async Playwright, and pytest-playwright's sync fixtures leave an event loop running in the
main thread. So it lives in a thread with a loop of its own, for the whole session: one Chromium, and
tests that are plain functions.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Playwright, async_playwright

from e2e.driver.lab_page import LabPage
from syncbed.drivers.chromium import Chromium
from syncbed.drivers.driver import MakeDriver
from syncbed.drivers.tabs import tabs_driver
from syncbed.run.player import Outcome, run
from syncbed.run.session import Options
from syncbed.scenario import Scenario, parse_scenario
from syncbed.trace import Fault, Receipt, Trace, read_trace

T = TypeVar("T")
PLAY_S_MAX = 100


@dataclass(frozen=True)
class Played:
    outcome: Outcome
    trace: Trace

    @property
    def verdict(self) -> str:
        return self.outcome.verdict.status

    @property
    def reason(self) -> str:
        return self.outcome.verdict.reason

    def receipts(self) -> dict[str, str]:
        """Of every fault, by its id; empty evidence if it left none."""
        found = {record.what.fault: "" for record in self.trace.all(Fault)}
        return found | {record.what.fault: record.what.evidence for record in self.trace.all(Receipt)}


class Stage:
    """Plays scenarios in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._playwright: Playwright = self.wait(async_playwright().start())
        self._chromium = Chromium(self._playwright)

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PLAY_S_MAX)

    def play(
        self,
        scenario: Scenario | dict[str, Any],
        *,
        own_processes: bool | None = None,
        make: MakeDriver | None = None,
        **options: Any,
    ) -> Played:
        """Play a scenario, or one given by the keys that differ from the least there can be."""
        if isinstance(scenario, dict):
            scenario = parse_scenario({**LEAST, **scenario})
        driver = make or self.tabs(own_processes=own_processes)
        outcome = self.wait(run(scenario, driver, self._folder, options=Options(**options)))
        return Played(outcome, read_trace(outcome.folder / "trace.jsonl"))

    def tabs(self, *, own_processes: bool | None = None) -> MakeDriver:
        return tabs_driver(self._chromium, own_processes=own_processes)

    def lab(self) -> LabPage:
        """A page that shows panes, in a browser profile of its own."""

        async def open_it() -> LabPage:
            lab = LabPage(await (await self._chromium.shared()).new_context())
            await lab.start()
            return lab

        return self.wait(open_it())

    def close(self) -> None:
        self.wait(self._chromium.close())
        self.wait(self._playwright.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


LEAST: dict[str, Any] = {
    "syncbed": 1,
    "title": "a test's own",
    "about": "Made up by a test.",
    "profiles": {"alice": {}},
    "judges": ["converges"],
}


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("runs"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[LabPage]:
    lab = stage.lab()
    yield lab
    stage.wait(lab.close())
